package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Gives quantizers whose operand cannot be negative unsigned integers: with b bits 2^b levels serve instead of 2^(b−1). What cannot be
 * negative follows from the operators, not from data.
 */
public final class UnsignedActivations {
    /** Never negative, whatever they read. */
    private static final Set<Class<? extends Op>> MAKERS = Set.of(Relu.class, Sigmoid.class, HardSigmoid.class, Softmax.class, Abs.class, Exp.class,
            Sqrt.class);

    /** Not negative where no operand is. */
    private static final Set<Class<? extends Op>> KEEPERS = Set.of(MaxPool.class, AveragePool.class, GlobalAveragePool.class, GlobalMaxPool.class,
            Flatten.class, Reshape.class, Transpose.class, Squeeze.class, Unsqueeze.class, Identity.class, Slice.class, Split.class,
            Concat.class, Add.class, Mul.class, ReduceMean.class, ReduceSum.class, ReduceMax.class, ReduceMin.class, DepthToSpace.class,
            SpaceToDepth.class);

    private UnsignedActivations() {}

    /**
     * Replaces quantizers of a tree that is quantized and not calibrated yet.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @return paths of the quantizers that are unsigned now
     */
    public static List<String> apply(Module root, Shape shape) {
        Network network = Network.of(root, shape);
        Graph graph = network.model().graph();
        Map<String, TensorQuantizer> quantizers = QuantizationCalibrator.quantizers(root);
        List<String> changed = network.quantized().entrySet().stream()
                .filter(entry -> !quantizers.get(entry.getKey()).descriptor().unsigned() && isPositive(entry.getValue(), graph)).map(Map.Entry::getKey).toList();
        for (String path : changed) {
            int dot = path.lastIndexOf('.');
            Module parent = dot < 0 ? root : root.named().get(path.substring(0, dot));
            parent.child(path.substring(dot + 1), new TensorQuantizer(quantizers.get(path).descriptor().edit().unsigned(true).narrowRange(false).build()));
        }
        return changed;
    }

    private static boolean isPositive(String value, Graph graph) {
        Node maker = graph.producer(value);
        if (maker == null) {
            return false;
        }
        if (maker.op() instanceof Clip clip) {
            return clip.min() >= 0;
        }
        if (maker.op() instanceof LinearQuant) {
            return isPositive(maker.input(0), graph);
        }
        return MAKERS.contains(maker.op().getClass())
                || KEEPERS.contains(maker.op().getClass()) && IntStream.range(0, maker.inputs().size())
                        .allMatch(i -> !maker.isTensorInput(i) || isPositive(maker.input(i), graph));
    }
}
