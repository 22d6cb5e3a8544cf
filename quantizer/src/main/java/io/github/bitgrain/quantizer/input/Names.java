package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import java.util.HashSet;
import java.util.Set;

/** Names for new nodes, values and parameters of a network. */
final class Names {
    private final Set<String> taken = new HashSet<>();

    Names(Model model) {
        taken.addAll(model.graph().inputs().keySet());
        taken.addAll(model.parameters().names());
        for (Node node : model.graph().nodes()) {
            taken.add(node.name());
            taken.addAll(node.outputs());
        }
    }

    /** A name that nothing has. */
    String fresh(String base) {
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }
}
