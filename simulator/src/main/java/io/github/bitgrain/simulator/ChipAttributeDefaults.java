package io.github.bitgrain.simulator;

import io.github.bitgrain.simulator.ChipAttribute.Int;
import io.github.bitgrain.simulator.ChipAttribute.Ints;
import io.github.bitgrain.simulator.ChipAttribute.Real;
import io.github.bitgrain.simulator.ChipAttribute.Text;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What an attribute means that a node does not state (ONNX's defaults), and one spelling where there are several. */
final class ChipAttributeDefaults {
    private static final Set<String> ZEROS = Set.of("pads", "output_padding");
    private static final Set<String> ONES = Set.of("strides", "dilations");

    private static final Map<String, ChipAttribute> DEFAULTS = Map.ofEntries(
            Map.entry("group", new Int(1)),
            Map.entry("ceil_mode", new Int(0)),
            Map.entry("count_include_pad", new Int(0)),
            Map.entry("auto_pad", new Text("NOTSET")),
            Map.entry("allowzero", new Int(0)),
            Map.entry("transA", new Int(0)),
            Map.entry("transB", new Int(0)),
            Map.entry("keepdims", new Int(1)),
            Map.entry("noop_with_empty_axes", new Int(0)),
            Map.entry("Gemm.alpha", new Real(1)),
            Map.entry("Gemm.beta", new Real(1)),
            Map.entry("Elu.alpha", new Real(1)),
            Map.entry("LeakyRelu.alpha", new Real(0.01f)),
            Map.entry("HardSigmoid.alpha", new Real(0.2f)),
            Map.entry("HardSigmoid.beta", new Real(0.5f)),
            Map.entry("Softmax.axis", new Int(-1)),
            Map.entry("LogSoftmax.axis", new Int(-1)),
            Map.entry("Split.axis", new Int(0)),
            Map.entry("Gather.axis", new Int(0)),
            Map.entry("Flatten.axis", new Int(1)),
            Map.entry("approximate", new Text("none")),
            Map.entry("Pad.mode", new Text("constant")),
            Map.entry("Resize.mode", new Text("nearest")),
            Map.entry("coordinate_transformation_mode", new Text("half_pixel")),
            Map.entry("nearest_mode", new Text("round_prefer_floor")),
            Map.entry("cubic_coeff_a", new Real(-0.75f)));

    private ChipAttributeDefaults() {}

    /** The attributes that at least one of two nodes states, without those that say nothing to the chip. */
    static Set<String> keys(ChipNode one, ChipNode other) {
        Set<String> keys = new TreeSet<>(one.attributes().keySet());
        keys.addAll(other.attributes().keySet());
        if (one.opType().equals("Conv")) {
            // It repeats the shape of the weights.
            keys.remove("kernel_shape");
        }
        return keys;
    }

    /** What a node says, or means by saying nothing; null if there is no default. */
    static ChipAttribute value(ChipNode node, String key) {
        ChipAttribute stated = node.attributes().get(key);
        if (stated instanceof Ints(List<Long> values)) {
            if (ZEROS.contains(key) && values.stream().allMatch(value -> value == 0)
                    || ONES.contains(key) && values.stream().allMatch(value -> value == 1)) {
                return null;
            }
            return key.equals("perm") ? fromStart(values) : stated;
        }
        if (stated != null) {
            return stated;
        }
        return DEFAULTS.getOrDefault(node.opType() + "." + key, DEFAULTS.get(key));
    }

    private static ChipAttribute fromStart(List<Long> perm) {
        return new Ints(perm.stream().map(axis -> axis < 0 ? axis + perm.size() : axis).toList());
    }
}
