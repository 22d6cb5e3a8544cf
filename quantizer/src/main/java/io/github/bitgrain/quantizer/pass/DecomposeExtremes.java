package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sub;
import java.util.List;

/**
 * Max and Min, which ESP-DL's loader does not know, by operators that it does: with a constant number Clip; otherwise
 * max(a, b) = b + relu(a − b) and min(a, b) = a − relu(a − b). ESP-PPQ exports them, and the file does not load.
 */
final class DecomposeExtremes implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Max || node.op() instanceof Min) {
                decompose(model, node, rewriter);
            }
        }
        return rewriter.build();
    }

    private static void decompose(Model model, Node node, Rewriter rewriter) {
        boolean larger = node.op() instanceof Max;
        for (int i = 0; i < 2; i++) {
            if (isNumber(model, node.input(i)) && !model.graph().isParameter(node.input(1 - i))) {
                float bound = model.parameters().get(node.input(i)).data()[0];
                Clip clip = larger ? new Clip(bound, Float.POSITIVE_INFINITY) : new Clip(Float.NEGATIVE_INFINITY, bound);
                rewriter.replace(node, new Node(node.name(), clip, List.of(node.input(1 - i)), node.outputs()));
                return;
            }
        }
        String difference = node.name() + "/difference";
        String positive = node.name() + "/positive";
        rewriter.insertBefore(node, new Node(node.name() + "/Sub", new Sub(), List.of(node.input(0), node.input(1)), List.of(difference)));
        rewriter.insertBefore(node, new Node(node.name() + "/Relu", new Relu(), List.of(difference), List.of(positive)));
        rewriter.replace(node, larger
                ? new Node(node.name(), new Add(), List.of(node.input(1), positive), node.outputs())
                : new Node(node.name(), new Sub(), List.of(node.input(0), positive), node.outputs()));
    }

    private static boolean isNumber(Model model, String name) {
        Graph graph = model.graph();
        return graph.isParameter(name) && model.parameters().get(name).size() == 1;
    }
}
