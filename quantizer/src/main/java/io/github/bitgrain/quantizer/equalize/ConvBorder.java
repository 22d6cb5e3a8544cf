package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import java.util.ArrayList;
import java.util.List;

/** Convolutions whose border is another value than 0, which theirs always is. */
public final class ConvBorder {
    private ConvBorder() {}

    /**
     * A Pad with a value for border and the convolution without pads behind it; the node alone if it has no border.
     *
     * @param node a Conv
     * @param rank rank of its operand
     * @param value what the border holds
     * @param names names of the network
     */
    public static List<Node> of(Node node, int rank, float value, Names names) {
        Conv conv = (Conv) node.op();
        if (conv.pads().isNone()) {
            return List.of(node);
        }
        String padded = names.fresh(node.name() + "_padded");
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.set(0, padded);
        return List.of(new Node(names.fresh(node.name() + "_pad"), Pad.around(conv.pads(), rank, value), List.of(node.input(0)), List.of(padded)),
                new Node(node.name(), new Conv(conv.stride(), Pads.NONE, conv.dilation(), conv.groups()), inputs, node.outputs()));
    }
}
