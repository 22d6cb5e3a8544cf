package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The chip's SpaceToDepth keeps the pixels of one channel together, ONNX's the channels of one pixel (chip-arithmetic.md): a
 * Gather along the channels puts them in ONNX's order. ESP-PPQ evaluates the chip's order where ONNX's is asked for.
 */
record OrderSpaceToDepth(Profile profile) implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        if (profile.isParity()) {
            model.graph().nodes().stream().filter(node -> node.op() instanceof SpaceToDepth)
                    .forEach(node -> rewriter.replace(node, node.withOp(new SpaceToDepth(((SpaceToDepth) node.op()).block(), true))));
            return rewriter.build();
        }
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof SpaceToDepth op && !op.channelsFirst()) {
                int channels = shapes.get(node.input(0)).dim(1);
                int taps = op.block() * op.block();
                List<Integer> order = new ArrayList<>();
                for (int tap = 0; tap < taps; tap++) {
                    for (int c = 0; c < channels; c++) {
                        order.add(c * taps + tap);
                    }
                }
                String raw = node.output() + "_by_channel";
                rewriter.insertBefore(node, new Node(node.name() + "/blocks", new SpaceToDepth(op.block(), true), node.inputs(), List.of(raw)));
                rewriter.replace(node, new Node(node.name(), new Gather(1, order, Shape.of(order.size())), List.of(raw), node.outputs()));
            }
        }
        return rewriter.build();
    }
}
