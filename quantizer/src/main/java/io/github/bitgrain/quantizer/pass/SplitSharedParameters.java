package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Gives every reader of a parameter its own copy, so that each can have its own scale. */
final class SplitSharedParameters implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        Set<String> taken = new HashSet<>();
        for (Node node : model.graph().nodes()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            for (int i = 0; i < inputs.size(); i++) {
                String name = inputs.get(i);
                if (node.isTensorInput(i) && model.graph().isParameter(name) && !taken.add(name)) {
                    String copy = rewriter.fresh(name + "_" + node.name());
                    rewriter.put(copy, model.parameters().get(name).copy());
                    inputs.set(i, copy);
                }
            }
            rewriter.replace(node, node.withInputs(inputs));
        }
        return rewriter.build();
    }
}
