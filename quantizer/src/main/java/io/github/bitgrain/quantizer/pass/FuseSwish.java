package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.List;

/** X → Sigmoid → Mul with X becomes Swish, where X comes from a computing or passive operator and nothing else reads either. */
final class FuseSwish implements GraphPass {
    @Override
    public Model apply(Model model) {
        Graph graph = model.graph();
        Rewriter rewriter = new Rewriter(model);
        for (Node node : graph.nodes()) {
            if (!(node.op() instanceof Sigmoid)) {
                continue;
            }
            Node maker = graph.producer(node.input(0));
            Node product = Rewriter.onlyReader(graph, node.output());
            boolean fits = maker != null && (OperatorTraits.isComputing(maker.op()) || OperatorTraits.isPassive(maker.op()))
                    && product != null && product.op() instanceof Mul && product.inputs().contains(node.input(0))
                    && graph.consumers(node.input(0)).size() == 2 && !graph.isOutput(node.input(0));
            if (fits) {
                rewriter.replace(node, new Node(maker.name() + "/Swish", new Swish(), List.of(node.input(0)), product.outputs()));
                rewriter.remove(product);
            }
        }
        return rewriter.build();
    }
}
