package io.github.bitgrain.core.graph;

import java.util.HashSet;
import java.util.Set;

/** Names for new nodes, values and parameters of a network. Not safe for use by several threads. */
public final class Names {
    private final Set<String> taken = new HashSet<>();

    /** Nothing but what a network has is taken. */
    public Names(Model model) {
        taken.addAll(model.graph().inputs().keySet());
        taken.addAll(model.parameters().names());
        for (Node node : model.graph().nodes()) {
            taken.add(node.name());
            taken.addAll(node.outputs());
        }
    }

    /** A name that nothing has, now taken: the wanted one, or that with a number behind it. */
    public String fresh(String base) {
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }
}
