package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A BatchNormalization that could not be folded becomes a depthwise 1×1 convolution, of one or two dimensions as its input
 * has (ESP-PPQ always makes two: defect D4). On matrices it stays and is refused by name when lowered.
 */
final class ReplaceBatchNorm implements GraphPass {
    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        for (Node node : model.graph().nodes()) {
            if (!(node.op() instanceof BatchNorm op) || shapes.get(node.input(0)).rank() < 3) {
                continue;
            }
            FuseBatchNorm.Affine affine = FuseBatchNorm.Affine.of(model, node, op);
            int channels = affine.size();
            float[] weight = new float[channels];
            float[] bias = new float[channels];
            for (int c = 0; c < channels; c++) {
                weight[c] = (float) affine.factor(c);
                bias[c] = (float) affine.offset(c);
            }
            boolean flat = shapes.get(node.input(0)).rank() == 3;
            String weightName = rewriter.fresh(node.name() + "_weight");
            String biasName = rewriter.fresh(node.name() + "_bias");
            rewriter.put(weightName, new Tensor(flat ? Shape.of(channels, 1, 1) : Shape.of(channels, 1, 1, 1), weight));
            rewriter.put(biasName, new Tensor(Shape.of(channels), bias));
            Conv conv = new Conv(Size.ONE, Pads.NONE, Size.ONE, channels);
            rewriter.replace(node, new Node(node.name(), conv, List.of(node.input(0), weightName, biasName), node.outputs().subList(0, 1)));
        }
        return rewriter.build();
    }
}
