package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;
import java.util.Map;

/**
 * The halves of a channel shuffle as ShuffleNetV2's exports pick them: Reshape to [C / g, g, H · W], Transpose, Reshape to
 * [g, 1, C / g, H, W], Gather of index i. That is every g-th channel from the i-th on, one Slice; and the values between, whose first axis
 * is no batch, disappear.
 */
final class SliceShuffledChannels implements GraphPass {
    private static final List<Integer> EXCHANGED = List.of(1, 0, 2);

    @Override
    public Model apply(Model model) {
        Graph graph = model.graph();
        Map<String, Shape> shapes = ShapeInference.infer(graph, model.parameters());
        Rewriter rewriter = new Rewriter(model);
        for (Node split : graph.nodes()) {
            List<Node> picks = split.op() instanceof Reshape ? graph.consumers(split.output()) : List.of();
            boolean picked = !picks.isEmpty() && !graph.isOutput(split.output()) && picks.stream().allMatch(SliceShuffledChannels::isPick);
            Node exchange = picked ? only(graph, split, Transpose.class) : null;
            Node grouping = exchange == null || !((Transpose) exchange.op()).permutation().equals(EXCHANGED) ? null : only(graph, exchange, Reshape.class);
            if (grouping == null || !fits(shapes.get(grouping.input(0)), shapes.get(grouping.output()), shapes.get(split.output()))) {
                continue;
            }
            long channels = shapes.get(grouping.input(0)).dim(1);
            long groups = shapes.get(split.output()).dim(0);
            for (Node pick : picks) {
                int index = ((Gather) pick.op()).indices().getFirst();
                long first = index < 0 ? index + groups : index;
                rewriter.replace(pick, new Node(pick.name(), new Slice(List.of(1), List.of(first), List.of(channels), List.of(groups)),
                        List.of(grouping.input(0)), pick.outputs()));
            }
            List.of(grouping, exchange, split).forEach(rewriter::remove);
        }
        return rewriter.build();
    }

    private static boolean isPick(Node node) {
        return node.op() instanceof Gather gather && gather.axis() == 0 && gather.indicesShape().rank() == 0;
    }

    /** The maker of a node's first operand, if nothing else reads that and it is of the class. */
    private static Node only(Graph graph, Node node, Class<?> op) {
        Node maker = graph.producer(node.input(0));
        return maker != null && op.isInstance(maker.op()) && Rewriter.onlyReader(graph, maker.output()) == node ? maker : null;
    }

    private static boolean fits(Shape x, Shape grouped, Shape split) {
        return x.rank() == 4 && x.dim(0) == 1 && grouped.rank() == 3 && split.rank() == 5
                && x.dim(1) == grouped.dim(0) * grouped.dim(1) && grouped.dim(2) == x.dim(2) * x.dim(3)
                && split.dim(0) == grouped.dim(1) && split.dim(1) == 1 && split.dim(2) == grouped.dim(0) && split.dim(3) == x.dim(2)
                && split.dim(4) == x.dim(3);
    }
}
