package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A program in the making. The passes of lowering edit it in a fixed order; nobody else sees it. Nodes stay in an order in
 * which they can run.
 */
final class Draft {
    final QuantPlan plan;
    final LoweringOptions options;
    final List<DraftNode> nodes = new ArrayList<>();
    final List<DraftValue> inputs = new ArrayList<>();
    final List<DraftValue> outputs = new ArrayList<>();
    private final Set<String> tensorNames = new HashSet<>();
    private final Set<String> nodeNames = new HashSet<>();

    Draft(QuantPlan plan, LoweringOptions options) {
        this.plan = plan;
        this.options = options;
    }

    Target target() {
        return plan.target();
    }

    /** Takes a name for a value or constant, or one like it if it is taken. */
    String freshTensor(String wanted) {
        return fresh(wanted, tensorNames);
    }

    /** Takes a name for a node, or one like it if it is taken. */
    String freshNode(String wanted) {
        return fresh(wanted, nodeNames);
    }

    private static String fresh(String wanted, Set<String> taken) {
        String name = wanted;
        for (int k = 2; !taken.add(name); k++) {
            name = wanted + "_" + k;
        }
        return name;
    }

    /** The nodes that read a value. */
    List<DraftNode> readers(DraftValue value) {
        List<DraftNode> readers = new ArrayList<>();
        for (DraftNode node : nodes) {
            if (node.values().contains(value)) {
                readers.add(node);
            }
        }
        return readers;
    }

    /** The only node that reads a value, or null if there are several, none, or the value is a result of the graph. */
    DraftNode onlyReader(DraftValue value) {
        List<DraftNode> readers = readers(value);
        return readers.size() == 1 && !outputs.contains(value) ? readers.getFirst() : null;
    }

    /** The node that makes a value, or null for a graph input. */
    DraftNode maker(DraftValue value) {
        for (DraftNode node : nodes) {
            if (node.outputs.contains(value)) {
                return node;
            }
        }
        return null;
    }

    /** Lets every reader of a value, and the graph's results, refer to another. */
    void replace(DraftValue value, DraftValue by) {
        for (DraftNode node : nodes) {
            for (int i = 0; i < node.inputs.size(); i++) {
                if (node.value(i) == value) {
                    node.redirect(i, by);
                }
            }
        }
        outputs.replaceAll(output -> output == value ? by : output);
    }
}
