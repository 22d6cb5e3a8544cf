package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import java.util.ArrayList;
import java.util.List;

/**
 * A node of an imported network that is no layer. Operands that are parameters are buffers called {@code operand0}, …; a child
 * {@code skip0}, … is applied to the operand of that number.
 */
public final class GraphNode extends Module {
    static final String SKIP = "skip";
    private static final String OPERAND = "operand";

    private final Node node;

    GraphNode(Node node, Graph graph, Parameters parameters) {
        this.node = node;
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i) && graph.isParameter(node.input(i))) {
                buffer(OPERAND + i, parameters.get(node.input(i)).copy());
            }
        }
    }

    /** What it computes. */
    public io.github.bitgrain.core.op.Op op() {
        return node.op();
    }

    /** Emits the node. */
    List<String> build(NetworkBuilder builder, List<String> values) {
        List<String> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (!node.isTensorInput(i)) {
                operands.add(node.input(i).isEmpty() ? "" : builder.path() + "." + node.input(i));
            } else if (buffers().containsKey(OPERAND + i)) {
                operands.add(builder.parameter(this, OPERAND + i));
            } else {
                operands.add(child(SKIP + i) == null ? values.get(i) : builder.build(this, SKIP + i, values.get(i)));
            }
        }
        return builder.node(node.op(), operands, node.outputs().size());
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        throw BitgrainException.usage("node \"" + node.name() + "\" can be computed inside its network only");
    }

    @Override
    protected String details() {
        return node.op().toString();
    }
}
