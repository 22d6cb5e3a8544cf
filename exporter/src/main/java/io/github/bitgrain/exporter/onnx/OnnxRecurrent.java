package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import java.util.List;
import java.util.Locale;

/** Reads GRU and LSTM: what has no chip kernel is refused by name. */
final class OnnxRecurrent {
    private static final int LENGTHS = 4;
    private static final int PEEPHOLES = 7;

    private OnnxRecurrent() {}

    static Op gru(OnnxNode node) {
        common(node, "Sigmoid", "Tanh");
        return new Gru(hidden(node), direction(node), node.flag("linear_before_reset", false), null);
    }

    static Op lstm(OnnxNode node) {
        common(node, "Sigmoid", "Tanh", "Tanh");
        node.require("input_forget", 0, "input and forget gate are separate on the chip");
        if (node.hasInput(PEEPHOLES)) {
            throw node.fail("peepholes (input 7) are not supported; train without them");
        }
        return new Lstm(hidden(node), direction(node), null);
    }

    private static void common(OnnxNode node, String... activations) {
        node.require("layout", 0, "export with the time axis first (layout 0)");
        requireDefault(node, activations);
        for (String attribute : new String[] {"activation_alpha", "activation_beta", "clip"}) {
            if (node.has(attribute)) {
                throw node.fail("attribute " + attribute + " is not supported; only the default activations without clipping are");
            }
        }
        if (node.hasInput(LENGTHS)) {
            OnnxConstant lengths = node.requireConstant(LENGTHS, "sequence_lens");
            for (int i = 0; i < lengths.size(); i++) {
                if (lengths.real(i) != node.shape(0).dim(0)) {
                    throw node.fail("sequence_lens other than the whole sequence are not supported; leave the input out");
                }
            }
        }
    }

    /** Some exporters write down the defaults, once for each direction. */
    private static void requireDefault(OnnxNode node, String... activations) {
        List<String> given = node.texts("activations");
        for (int i = 0; i < given.size(); i++) {
            if (!given.get(i).equalsIgnoreCase(activations[i % activations.length])) {
                throw node.fail("activations " + given + " are not supported; only the default ones are: " + String.join(", ", activations));
            }
        }
    }

    private static int hidden(OnnxNode node) {
        return node.axis("hidden_size", node.shape(2).dim(2));
    }

    private static Direction direction(OnnxNode node) {
        String text = node.text("direction", "forward");
        for (Direction direction : Direction.values()) {
            if (direction.name().toLowerCase(Locale.ROOT).equals(text)) {
                return direction;
            }
        }
        throw node.fail("attribute direction = " + text + " is unknown");
    }
}
