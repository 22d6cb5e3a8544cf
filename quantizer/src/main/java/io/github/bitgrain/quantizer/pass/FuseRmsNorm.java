package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;
import java.util.Map;

/**
 * x / sqrt(mean(x · x) + ε) · scale over the last axis, as exporters write it, becomes one RMSNormalization, for which the chip
 * has a kernel; its parts would need one exponent for the squares and one for their means.
 */
final class FuseRmsNorm implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Mul && node.input(0).equals(node.input(1))) {
                fuse(model, node, shapes.get(node.input(0)), rewriter);
            }
        }
        return rewriter.build();
    }

    private static void fuse(Model model, Node square, Shape shape, Rewriter rewriter) {
        Graph graph = model.graph();
        String x = square.input(0);
        Node mean = Rewriter.onlyReader(graph, square.output());
        Node sum = mean == null ? null : Rewriter.onlyReader(graph, mean.output());
        Node root = sum == null ? null : Rewriter.onlyReader(graph, sum.output());
        Node quotient = root == null ? null : Rewriter.onlyReader(graph, root.output());
        Node product = quotient == null ? null : Rewriter.onlyReader(graph, quotient.output());
        boolean fits = product != null && mean.op() instanceof ReduceMean reduce && reduce.keepDims()
                && reduce.axes().size() == 1 && shape.axis(reduce.axes().getFirst()) == shape.rank() - 1
                && sum.op() instanceof Add && root.op() instanceof Sqrt && quotient.op() instanceof Div && product.op() instanceof Mul
                && quotient.input(0).equals(x) && quotient.input(1).equals(root.output());
        if (!fits) {
            return;
        }
        String epsilon = sum.input(0).equals(mean.output()) ? sum.input(1) : sum.input(0);
        String scale = product.input(0).equals(quotient.output()) ? product.input(1) : product.input(0);
        int length = shape.dim(shape.rank() - 1);
        boolean constants = graph.isParameter(epsilon) && model.parameters().get(epsilon).size() == 1
                && graph.isParameter(scale) && model.parameters().get(scale).size() == length;
        if (!constants) {
            return;
        }
        String gain = rewriter.fresh(scale + "_rms");
        rewriter.put(gain, model.parameters().get(scale).reshape(Shape.of(length)));
        List.of(square, mean, sum, root, quotient).forEach(rewriter::remove);
        rewriter.replace(product, new Node(product.name(), new RmsNorm(-1, model.parameters().get(epsilon).data()[0]), List.of(x, gain),
                product.outputs()));
    }
}
