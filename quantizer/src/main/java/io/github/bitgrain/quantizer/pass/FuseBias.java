package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Conv, ConvTranspose or Gemm without bias → Add of a constant per channel: the constant becomes the bias. */
final class FuseBias implements GraphPass {
    @Override
    public Model apply(Model model) {
        Graph graph = model.graph();
        Rewriter rewriter = new Rewriter(model);
        for (Node node : graph.nodes()) {
            boolean fits = node.op() instanceof Conv || node.op() instanceof ConvTranspose || node.op() instanceof Gemm;
            Node add = fits && !node.hasInput(2) ? Rewriter.onlyReader(graph, node.output()) : null;
            if (add == null || !(add.op() instanceof Add)) {
                continue;
            }
            String constant = add.input(add.input(0).equals(node.output()) ? 1 : 0);
            if (!graph.isParameter(constant) || !isPerChannel(node, model.parameters().get(constant), channels(node, model))) {
                continue;
            }
            Tensor bias = model.parameters().get(constant);
            rewriter.put(constant, bias.reshape(Shape.of(bias.size())));
            List<String> inputs = new ArrayList<>(List.of(node.input(0), node.input(1), constant));
            rewriter.replace(node, node.withInputs(inputs).withOutputs(add.outputs()));
            rewriter.remove(add);
        }
        return rewriter.build();
    }

    private static int channels(Node node, Model model) {
        Shape weight = model.parameters().get(node.input(1)) == null ? null : model.parameters().get(node.input(1)).shape();
        if (weight == null) {
            return -1;
        }
        return switch (node.op()) {
            case Gemm gemm -> weight.dim(gemm.transB() ? 0 : 1);
            case ConvTranspose conv -> weight.dim(1) * conv.groups();
            default -> weight.dim(0);
        };
    }

    private static boolean isPerChannel(Node node, Tensor constant, int channels) {
        if (constant.size() != channels) {
            return false;
        }
        Shape shape = constant.shape();
        if (node.op() instanceof Gemm) {
            return shape.dim(-1) == channels;
        }
        return shape.rank() >= 2 && shape.rank() <= 4 && shape.dim(shape.rank() == 2 ? 0 : shape.rank() == 3 ? 0 : 1) == channels;
    }
}
