package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a network computes every sample of a batch by itself, so that a batch may be computed in parts. A value is of samples when its axis
 * 0 counts them and each depends on the same sample of the inputs alone; other values must not depend on the inputs at all.
 *
 * <p>The one table operator → when its results are of samples. Operators that are not in it may mix samples.
 */
public final class SampleRules {
    private static final Map<Class<? extends Op>, Rule<? extends Op>> TABLE = new HashMap<>();

    /** Operators that go by computed indices; a network for one sample lets them point at sample 0. */
    private static final Set<Class<? extends Op>> POINTING = Set.of(GatherElements.class, GatherNd.class, IndexedGather.class);

    private SampleRules() {}

    /** Whether the results are of samples, given that at least one operand is. */
    @FunctionalInterface
    private interface Rule<O extends Op> {
        boolean holds(O op, Operands in, Shape result);
    }

    /**
     * Operands of a node.
     *
     * @param shapes shapes, null for omitted and structural ones
     * @param samples which are of samples
     */
    private record Operands(List<Shape> shapes, List<Boolean> samples) {
        /** Whether operand 0 alone is of samples. */
        boolean firstAlone() {
            return samples.getFirst() && samples.lastIndexOf(true) == 0;
        }

        Shape first() {
            return shapes.getFirst();
        }

        /** Whether the operands keep to their sample when they are broadcast to {@code result}. */
        boolean broadcastTo(Shape result) {
            for (int i = 0; i < shapes.size(); i++) {
                Shape shape = shapes.get(i);
                if (shape == null) {
                    continue;
                }
                boolean reaches = shape.rank() == result.rank();
                if (samples.get(i) ? !reaches || shape.dim(0) != result.dim(0) : reaches && shape.dim(0) != 1) {
                    return false;
                }
            }
            return true;
        }
    }

    static {
        for (Class<? extends Op> type : List.of(Relu.class, LeakyRelu.class, Clip.class, Sigmoid.class, Tanh.class, HardSigmoid.class, HardSwish.class,
                Swish.class, Elu.class, Gelu.class, Exp.class, Log.class, Sqrt.class, Neg.class, Abs.class, Reciprocal.class, Erf.class, Identity.class,
                Conv.class, ConvTranspose.class, InsertZeros.class, MaxPool.class, AveragePool.class, GlobalAveragePool.class, GlobalMaxPool.class,
                Resize.class, DepthToSpace.class, SpaceToDepth.class, StreamingCache.class, Embedding.class, Floor.class, Cast.class)) {
            rule(type, (op, in, result) -> in.firstAlone());
        }
        for (Class<? extends Op> type : List.of(Add.class, Sub.class, Mul.class, Div.class, Max.class, Min.class, PRelu.class, IntegerDiv.class,
                Mod.class)) {
            rule(type, (op, in, result) -> in.broadcastTo(result));
        }
        rule(BatchNorm.class, (op, in, result) -> in.firstAlone() && !op.training());
        rule(FakeQuant.class, (op, in, result) -> in.firstAlone() && op.axis() != 0);
        rule(LinearQuant.class, (op, in, result) -> in.firstAlone() && op.axis() != 0 && op.range() != LinearQuant.Range.DYNAMIC);
        rule(LayerNorm.class, (op, in, result) -> in.firstAlone() && axis(op.axis(), in.first()) > 0);
        rule(RmsNorm.class, (op, in, result) -> in.firstAlone() && axis(op.axis(), in.first()) > 0);
        rule(Softmax.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(LogSoftmax.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(Gemm.class, (op, in, result) -> in.firstAlone() && !op.transA() && (in.shapes().size() < 3 || in.shapes().get(2) == null
                || in.shapes().get(2).rank() < 2 || in.shapes().get(2).dim(0) == 1));
        rule(MatMul.class, SampleRules::matMul);
        rule(Concat.class, (op, in, result) -> axis(op.axis(), result) > 0 && !in.samples().contains(false));
        rule(Split.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(Slice.class, (op, in, result) -> awayFromSamples(op.axes(), in.first()));
        rule(Gather.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(Pad.class, (op, in, result) -> op.begins().getFirst() == 0 && op.ends().getFirst() == 0);
        rule(Transpose.class, (op, in, result) -> op.permutation().getFirst() == 0);
        rule(ReduceMean.class, (op, in, result) -> reduces(op.axes(), in.first()));
        rule(ReduceSum.class, (op, in, result) -> reduces(op.axes(), in.first()));
        rule(ReduceMax.class, (op, in, result) -> reduces(op.axes(), in.first()));
        rule(ReduceMin.class, (op, in, result) -> reduces(op.axes(), in.first()));
        // Row-major order: while axis 0 keeps its extent, every sample keeps its elements.
        for (Class<? extends Op> type : List.of(Reshape.class, Flatten.class, Squeeze.class, Unsqueeze.class)) {
            rule(type, (op, in, result) -> in.firstAlone());
        }
        rule(Expand.class, (op, in, result) -> in.broadcastTo(result));
        rule(Tile.class, (op, in, result) -> op.repeats().getFirst() == 1);
        rule(TopK.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(ArgMax.class, (op, in, result) -> axis(op.axis(), in.first()) > 0);
        rule(GatherElements.class, (op, in, result) -> axis(op.axis(), in.first()) > 0 && !in.samples().contains(false));
        rule(GatherNd.class, (op, in, result) -> in.samples().getFirst() ? op.batchDims() > 0 && in.samples().getLast()
                : op.batchDims() == 0 && in.shapes().getLast().rank() > 1);
        // Rows of a table by the indices of samples, or elements of samples by indices that all of them share.
        rule(IndexedGather.class, (op, in, result) -> in.samples().getFirst() ? in.firstAlone() && axis(op.axis(), in.first()) > 0
                : axis(op.axis(), in.first()) == 0);
    }

    /** The first node that picks by computed indices among those that some values need, or null. */
    public static Node pointing(Graph graph, Collection<String> wanted) {
        return graph.needed(wanted).stream().filter(node -> POINTING.contains(node.op().getClass())).findFirst().orElse(null);
    }

    /**
     * Whether all of some values are of samples.
     *
     * @param shapes shapes of all values
     * @param batch extent of axis 0 of the inputs, more than 1
     * @param wanted names of the values
     */
    public static boolean allOf(Graph graph, Map<String, Shape> shapes, int batch, Collection<String> wanted) {
        Set<String> ofSamples = new HashSet<>();
        for (Map.Entry<String, Shape> input : graph.inputs().entrySet()) {
            if (input.getValue().rank() == 0) {
                return false;
            }
            ofSamples.add(input.getKey());
        }
        for (Node node : graph.needed(wanted)) {
            List<Shape> operands = new ArrayList<>();
            List<Boolean> samples = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                operands.add(node.isTensorInput(i) ? shapes.get(node.input(i)) : null);
                samples.add(node.isTensorInput(i) && ofSamples.contains(node.input(i)));
            }
            if (!samples.contains(true)) {
                continue;
            }
            for (String output : node.outputs()) {
                if (output.isEmpty()) {
                    continue;
                }
                Shape result = shapes.get(output);
                if (result.rank() == 0 || result.dim(0) != batch || !holds(node.op(), new Operands(operands, samples), result)) {
                    return false;
                }
                ofSamples.add(output);
            }
        }
        return ofSamples.containsAll(wanted);
    }

    /** Operators that the table knows. */
    static Set<Class<? extends Op>> known() {
        return TABLE.keySet();
    }

    @SuppressWarnings("unchecked")
    private static <O extends Op> boolean holds(O op, Operands in, Shape result) {
        Rule<O> rule = (Rule<O>) TABLE.get(op.getClass());
        return rule != null && rule.holds(op, in, result);
    }

    private static <O extends Op> void rule(Class<? extends O> type, Rule<O> rule) {
        TABLE.put(type, rule);
    }

    private static boolean matMul(MatMul op, Operands in, Shape result) {
        if (in.firstAlone() && in.first().rank() == 2) {
            return in.shapes().get(1).rank() == 2;
        }
        // Axis 0 must be an axis of the stack of matrices.
        return result.rank() > 2 && in.broadcastTo(result);
    }

    private static int axis(int axis, Shape shape) {
        return axis < 0 ? axis + shape.rank() : axis;
    }

    private static boolean awayFromSamples(List<Integer> axes, Shape shape) {
        return axes.stream().allMatch(axis -> axis(axis, shape) > 0);
    }

    private static boolean reduces(List<Integer> axes, Shape shape) {
        return !axes.isEmpty() && awayFromSamples(axes, shape);
    }
}
