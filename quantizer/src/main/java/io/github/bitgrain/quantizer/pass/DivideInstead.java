package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;

/** Reciprocals, for which ESP-DL's loader has no operator: x · (1 / r) becomes x / r, and any other 1 / r a Div of the number 1. */
final class DivideInstead implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Reciprocal || isOneOver(model, node)) {
                String divisor = node.input(node.op() instanceof Reciprocal ? 0 : 1);
                Node product = Rewriter.onlyReader(model.graph(), node.output());
                if (product != null && product.op() instanceof Mul) {
                    String factor = product.input(0).equals(node.output()) ? product.input(1) : product.input(0);
                    rewriter.remove(node);
                    rewriter.replace(product, new Node(product.name(), new Div(), List.of(factor, divisor), product.outputs()));
                } else if (node.op() instanceof Reciprocal) {
                    String one = rewriter.fresh(node.name() + "/one");
                    rewriter.put(one, Tensor.filled(Shape.of(1), 1f));
                    rewriter.replace(node, new Node(node.name(), new Div(), List.of(one, divisor), node.outputs()));
                }
            }
        }
        return rewriter.build();
    }

    private static boolean isOneOver(Model model, Node node) {
        return node.op() instanceof Div && model.graph().isParameter(node.input(0)) && model.parameters().get(node.input(0)).size() == 1
                && model.parameters().get(node.input(0)).data()[0] == 1f;
    }
}
