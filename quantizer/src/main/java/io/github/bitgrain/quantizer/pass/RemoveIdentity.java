package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Identity;

/** Removes Identity nodes; one that gives a graph output its name stays when its operand has other readers or no maker. */
final class RemoveIdentity implements GraphPass {
    @Override
    public Model apply(Model model) {
        Model result = model;
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Identity) {
                result = remove(result, result.graph().node(node.name()));
            }
        }
        return result;
    }

    private static Model remove(Model model, Node node) {
        Graph graph = model.graph();
        Rewriter rewriter = new Rewriter(model);
        if (!graph.isOutput(node.output())) {
            rewriter.remove(node);
            rewriter.redirect(node.output(), node.input(0));
            return rewriter.build();
        }
        Node maker = graph.producer(node.input(0));
        if (maker == null || graph.consumers(node.input(0)).size() != 1 || graph.isOutput(node.input(0))) {
            return model;
        }
        rewriter.remove(node);
        rewriter.replace(maker, maker.withOutputs(maker.outputs().stream().map(output -> output.equals(node.input(0)) ? node.output() : output).toList()));
        return rewriter.build();
    }
}
