package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.Locale;

/**
 * What happens to a module (SuperGradients: QuantizedMetadata).
 *
 * @param action what is done
 * @param factory makes the quantized form; null for actions that make none
 * @param input how operands are quantized; null for the quantizer's default
 * @param weight how weights are quantized; null for the quantizer's default
 */
public record QuantizationRule(Action action, QuantizedFactory factory, QuantDescriptor input, QuantDescriptor weight) {
    /** What is done. */
    public enum Action {
        /** The quantized form takes the place; nothing below is looked at. */
        REPLACE,
        /** As REPLACE, then the children of the quantized form are quantized. */
        REPLACE_AND_RECURSE,
        /** The quantized form is made, then the children of the float module are quantized, then the form takes the place. */
        RECURSE_AND_REPLACE,
        /** The content of a {@link SkipQuantization} takes the place of the wrapper. */
        UNWRAP,
        /** The module and all below stay as they are. */
        SKIP;

        /**
         * The action of a name; upstream's spellings end in {@code recure} and are understood.
         *
         * @throws BitgrainException (usage) for an unknown one
         */
        public static Action parse(String name) {
            String wanted = name.toUpperCase(Locale.ROOT).replace("RECURE", "RECURSE");
            for (Action action : values()) {
                if (action.name().equals(wanted)) {
                    return action;
                }
            }
            throw BitgrainException.usage("unknown quantization action '" + name + "'");
        }

        private boolean replaces() {
            return this == REPLACE || this == REPLACE_AND_RECURSE || this == RECURSE_AND_REPLACE;
        }
    }

    /** Checks that what replaces has a factory. */
    public QuantizationRule {
        if (action.replaces() && factory == null) {
            throw BitgrainException.usage("the action " + action + " needs a quantized form");
        }
    }

    /** The module stays. */
    public static final QuantizationRule SKIP = new QuantizationRule(Action.SKIP, null, null, null);

    /** The content of a wrapper stays. */
    static final QuantizationRule UNWRAP = new QuantizationRule(Action.UNWRAP, null, null, null);

    /** The module is replaced, with the default descriptors. */
    public static QuantizationRule replace(QuantizedFactory factory) {
        return new QuantizationRule(Action.REPLACE, factory, null, null);
    }
}
