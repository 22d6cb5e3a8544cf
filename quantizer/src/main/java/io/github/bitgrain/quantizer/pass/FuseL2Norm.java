package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Expand;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * x / max(‖x‖, bound) over one axis, as exporters write it (ReduceL2, which reading makes Mul, ReduceSum, Sqrt; then Clip, Expand,
 * Div): ESP-PPQ's Lp fusion makes it an LpNormalization and forgets the bound. Here it becomes an RMSNormalization over n elements with
 * scale 1 / √n and ε = bound² / n, x / √(‖x‖² + bound²): the chip computes both by one formula (r = 1 / √Σq², y = q · r, in single
 * precision), zero vectors stay zero, and the bound still acts. An axis that is not the last one is moved there and back.
 *
 * <p>The two differ by (bound / ‖x‖)² / 2. Only a bound so small that this is below 10^-5 for every vector whose largest element is one
 * step of the finest scale is taken; a larger one could be seen, and the parts stay as they are.
 */
final class FuseL2Norm implements GraphPass {
    /** Calibration gives no finer scale: the power of two above 10^-8. */
    private static final float FINEST_STEP = 0x1p-26f;
    private static final double TOLERANCE = 1e-5;
    private static final float LARGEST_BOUND = (float) (FINEST_STEP * Math.sqrt(2 * TOLERANCE));

    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Mul && node.input(0).equals(node.input(1)) && !model.graph().isParameter(node.input(0))) {
                fuse(model.graph(), node, shapes, rewriter);
            }
        }
        return rewriter.build();
    }

    private static void fuse(Graph graph, Node square, Map<String, Shape> shapes, Rewriter rewriter) {
        String x = square.input(0);
        Shape shape = shapes.get(x);
        List<Node> parts = new ArrayList<>(List.of(square));
        Node sum = Rewriter.onlyReader(graph, square.output());
        Node root = sum == null ? null : Rewriter.onlyReader(graph, sum.output());
        boolean fits = root != null && root.op() instanceof Sqrt && sum.op() instanceof ReduceSum reduce && reduce.keepDims()
                && reduce.axes().size() == 1;
        if (!fits) {
            return;
        }
        parts.addAll(List.of(sum, root));
        float bound = 0;
        Node next = Rewriter.onlyReader(graph, root.output());
        if (next != null && next.op() instanceof Clip clip && clip.max() == Float.POSITIVE_INFINITY) {
            bound = Math.max(bound, clip.min());
            parts.add(next);
            next = Rewriter.onlyReader(graph, next.output());
        }
        if (next != null && next.op() instanceof Expand) {
            parts.add(next);
            next = Rewriter.onlyReader(graph, next.output());
        }
        boolean divides = next != null && next.op() instanceof Div && next.input(0).equals(x)
                && next.input(1).equals(parts.getLast().output()) && shapes.get(next.output()).equals(shape);
        if (!divides || bound > LARGEST_BOUND) {
            return;
        }
        parts.forEach(rewriter::remove);
        normalize(next, x, shape, shape.axis(((ReduceSum) sum.op()).axes().getFirst()), bound, rewriter);
    }

    private static void normalize(Node quotient, String x, Shape shape, int axis, float bound, Rewriter rewriter) {
        int n = shape.dim(axis);
        String gain = rewriter.fresh(quotient.name() + "/gain");
        rewriter.put(gain, Tensor.filled(Shape.of(n), (float) (1 / Math.sqrt(n))));
        // Without a bound, zero vectors have no result; with the smallest number it is zero, as the chip's.
        RmsNorm norm = new RmsNorm(-1, Math.max((float) ((double) bound * bound / n), Float.MIN_NORMAL));
        if (axis == shape.rank() - 1) {
            rewriter.replace(quotient, new Node(quotient.name(), norm, List.of(x, gain), quotient.outputs()));
            return;
        }
        List<Integer> there = new ArrayList<>(IntStream.range(0, shape.rank()).boxed().toList());
        there.add(there.remove(axis));
        List<Integer> back = IntStream.range(0, shape.rank()).mapToObj(there::indexOf).toList();
        Node last = new Node(quotient.name() + "/last", new Transpose(there), List.of(x), List.of(quotient.output() + "/last"));
        Node normal = new Node(quotient.name() + "/normal", norm, List.of(last.output(), gain), List.of(quotient.output() + "/normal"));
        rewriter.insertBefore(quotient, last);
        rewriter.insertBefore(quotient, normal);
        rewriter.replace(quotient, new Node(quotient.name(), new Transpose(back), List.of(normal.output()), quotient.outputs()));
    }
}
