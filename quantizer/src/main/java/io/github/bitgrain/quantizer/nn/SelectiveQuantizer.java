package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.amax.CalibMethod;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Replaces modules by their quantized forms, where rules say so (SuperGradients: selective_quantization_utils.py). A rule belongs to a
 * path, to a pattern of paths (with * and ?) or to a class; for a module the first of path, pattern, class that has a rule decides, and
 * rules given to this object come before wrappers in the model. The root itself is never replaced.
 */
public final class SelectiveQuantizer {
    private final Options options;
    private final Map<Class<? extends Module>, QuantizationRule> byType;
    private final Map<String, QuantizationRule> byPath = new LinkedHashMap<>();
    private final Map<String, QuantizationRule> byPattern = new LinkedHashMap<>();
    private final Set<String> used = new LinkedHashSet<>();

    /**
     * Defaults of the quantizers.
     *
     * @param weightCalibrator what weights collect
     * @param inputCalibrator what activations collect
     * @param perChannelWeights whether weights have a range per output channel
     * @param learnAmax whether ranges are trained; weights with a range per channel do not take part
     * @param learnScale whether scales are trained, those of weights per channel too
     * @param numBits bits of weights and activations
     * @param powerOfTwo whether scales are powers of two
     * @param strict whether a path that no module has is an error instead of a line in the log
     * @param log hears what is done, a line per module; null for silence
     */
    public record Options(
            CalibMethod weightCalibrator,
            CalibMethod inputCalibrator,
            boolean perChannelWeights,
            boolean learnAmax,
            boolean learnScale,
            int numBits,
            boolean powerOfTwo,
            boolean strict,
            Consumer<String> log) {
        /** Maxima for weights per channel, histograms for activations, 8 bits, silent. */
        public static final Options DEFAULT = new Options(CalibMethod.MAX, CalibMethod.HISTOGRAM, true, false, false, 8, false, false, null);

        /** These with another width. */
        public Options bits(int bits) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, learnAmax, learnScale, bits, powerOfTwo, strict, log);
        }

        /** These with scales that are powers of two or not. */
        public Options powerOfTwo(boolean wanted) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, learnAmax, learnScale, numBits, wanted, strict, log);
        }

        /** These with weights per channel or per tensor. */
        public Options perChannel(boolean wanted) {
            return new Options(weightCalibrator, inputCalibrator, wanted, learnAmax, learnScale, numBits, powerOfTwo, strict, log);
        }

        /** These with trained ranges or not. */
        public Options learn(boolean wanted) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, wanted, learnScale, numBits, powerOfTwo, strict, log);
        }

        /** These with trained scales or not. */
        public Options learnScale(boolean wanted) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, learnAmax, wanted, numBits, powerOfTwo, strict, log);
        }

        /** These with other collectors. */
        public Options calibrators(CalibMethod weights, CalibMethod inputs) {
            return new Options(weights, inputs, perChannelWeights, learnAmax, learnScale, numBits, powerOfTwo, strict, log);
        }

        /** These with unknown paths refused or not. */
        public Options strict(boolean wanted) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, learnAmax, learnScale, numBits, powerOfTwo, wanted, log);
        }

        /** These with a log. */
        public Options log(Consumer<String> lines) {
            return new Options(weightCalibrator, inputCalibrator, perChannelWeights, learnAmax, learnScale, numBits, powerOfTwo, strict, lines);
        }

        /** How an operand is quantized unless a rule says otherwise. */
        public QuantDescriptor input() {
            return QuantDescriptor.builder().numBits(numBits).calibMethod(inputCalibrator).learnAmax(learnAmax).learnScale(learnScale)
                    .powerOfTwo(powerOfTwo).build();
        }

        /** How weights are quantized unless a rule says otherwise. */
        public QuantDescriptor weight() {
            QuantDescriptor.Builder builder = QuantDescriptor.builder().numBits(numBits).calibMethod(weightCalibrator).learnScale(learnScale)
                    .powerOfTwo(powerOfTwo);
            return perChannelWeights ? builder.axis(0).build() : builder.learnAmax(learnAmax).build();
        }
    }

    /** A quantizer with the standard registry and default options. */
    public SelectiveQuantizer() {
        this(QuantRegistry.standard(), Options.DEFAULT);
    }

    /** A quantizer. */
    public SelectiveQuantizer(QuantRegistry registry, Options options) {
        this.options = options;
        byType = new LinkedHashMap<>(registry.rules());
        if (options.learnAmax() && options.perChannelWeights()) {
            say("learn_amax: weights keep fixed ranges, since they have one per channel");
        }
    }

    /** Leaves these paths in float, with all below; a path may contain * and ?. */
    public SelectiveQuantizer skip(String... paths) {
        for (String path : paths) {
            map(path, QuantizationRule.SKIP);
        }
        return this;
    }

    /** Leaves modules of these classes in float, with all below. */
    @SafeVarargs
    public final SelectiveQuantizer skip(Class<? extends Module>... types) {
        for (Class<? extends Module> type : types) {
            map(type, QuantizationRule.SKIP);
        }
        return this;
    }

    /** Gives a path, or all that a pattern with * and ? fits, a rule. */
    public SelectiveQuantizer map(String path, QuantizationRule rule) {
        (path.contains("*") || path.contains("?") ? byPattern : byPath).put(path, rule);
        return this;
    }

    /** Gives a class a rule, which overrides the registry's. */
    public SelectiveQuantizer map(Class<? extends Module> type, QuantizationRule rule) {
        byType.put(type, rule);
        return this;
    }

    /** Quantizes a copy; the module stays as it is. */
    public <M extends Module> M quantizedCopy(M module) {
        @SuppressWarnings("unchecked")
        M copy = (M) module.copy();
        quantizeModule(copy, true);
        return copy;
    }

    /**
     * Quantizes in place.
     *
     * @param preserveState whether quantized forms take the parameters of the float modules (sharing their data) or keep fresh ones
     * @throws BitgrainException (usage) when strict and a path fits no module
     */
    public void quantizeModule(Module root, boolean preserveState) {
        used.clear();
        Map<String, QuantizationRule> wrappers = new LinkedHashMap<>();
        root.named().forEach((path, module) -> {
            if (module instanceof SkipQuantization) {
                wrappers.put(path, QuantizationRule.UNWRAP);
            } else if (module instanceof QuantizedMapping mapping) {
                wrappers.put(path, mapping.rule());
            }
        });
        recurse(root, "", wrappers, preserveState);
        Set<String> unused = new LinkedHashSet<>(byPath.keySet());
        unused.addAll(byPattern.keySet());
        unused.removeAll(used);
        // What lies below a skipped or replaced module is not visited, but is there.
        unused.removeIf(path -> root.named().keySet().stream().anyMatch(known -> known.equals(path) || fits(path, known)));
        if (!unused.isEmpty()) {
            String message = "no module has the path " + String.join(", ", unused);
            if (options.strict()) {
                throw BitgrainException.usage(message);
            }
            say(message);
        }
    }

    private void recurse(Module parent, String path, Map<String, QuantizationRule> wrappers, boolean preserveState) {
        for (Map.Entry<String, Module> entry : List.copyOf(parent.children().entrySet())) {
            String at = Module.join(path, entry.getKey());
            Module child = entry.getValue();
            QuantizationRule rule = rule(at, child, wrappers);
            if (rule == null) {
                recurse(child, at, wrappers, preserveState);
                continue;
            }
            switch (rule.action()) {
                case SKIP -> say(at + ": stays " + child.getClass().getSimpleName());
                case UNWRAP -> {
                    if (!(child instanceof SkipQuantization wrapper)) {
                        throw BitgrainException.usage(at + ": only a SkipQuantization can be unwrapped, not a " + child.getClass().getSimpleName());
                    }
                    parent.child(entry.getKey(), wrapper.floatModule());
                    say(at + ": stays " + wrapper.floatModule().getClass().getSimpleName());
                }
                case REPLACE -> replace(parent, entry.getKey(), at, child, quantized(child, rule, preserveState));
                case REPLACE_AND_RECURSE -> {
                    Module quantized = quantized(child, rule, preserveState);
                    replace(parent, entry.getKey(), at, child, quantized);
                    recurse(quantized, at, wrappers, preserveState);
                }
                case RECURSE_AND_REPLACE -> {
                    Module quantized = quantized(child, rule, preserveState);
                    recurse(floatModule(child), at, wrappers, preserveState);
                    replace(parent, entry.getKey(), at, child, quantized);
                }
            }
        }
    }

    private static Module floatModule(Module child) {
        return child instanceof QuantizedMapping mapping ? mapping.floatModule() : child;
    }

    private Module quantized(Module child, QuantizationRule rule, boolean preserveState) {
        Module module = floatModule(child);
        Module quantized = rule.factory().fromFloat(module, rule.input() == null ? options.input() : rule.input(),
                rule.weight() == null ? options.weight() : rule.weight());
        if (preserveState && quantized != module && !(quantized instanceof TensorQuantizer)) {
            quantized.takeState(module, !options.learnAmax());
        }
        return quantized;
    }

    private void replace(Module parent, String name, String path, Module from, Module to) {
        parent.child(name, to);
        say(path + ": " + floatModule(from).getClass().getSimpleName() + " → " + to.getClass().getSimpleName());
    }

    private QuantizationRule rule(String path, Module module, Map<String, QuantizationRule> wrappers) {
        QuantizationRule exact = byPath.get(path);
        if (exact != null) {
            used.add(path);
            return exact;
        }
        for (Map.Entry<String, QuantizationRule> entry : byPattern.entrySet()) {
            if (fits(entry.getKey(), path)) {
                used.add(entry.getKey());
                return entry.getValue();
            }
        }
        QuantizationRule wrapped = wrappers.get(path);
        return wrapped != null ? wrapped : byType.get(module.getClass());
    }

    private static boolean fits(String pattern, String path) {
        return Pattern.matches(("\\Q" + pattern + "\\E").replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"), path);
    }

    private void say(String line) {
        if (options.log() != null) {
            options.log().accept(line);
        }
    }
}
