package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import java.util.List;

/** ReduceL2 by operators that compute the same: the root of the sum of squares. */
final class OnnxNorms {
    private OnnxNorms() {}

    /** The nodes that stand for a ReduceL2; the last one has its name and makes its result. */
    static List<NodeProto> of(NodeProto proto, String name) {
        String x = proto.getInput(0);
        String square = name + "/square";
        String sum = name + "/sum";
        return List.of(
                NodeProto.newBuilder().setName(square).setOpType("Mul").addInput(x).addInput(x).addOutput(square).build(),
                // Axes and keepdims, as attributes or operands, mean the same to a sum.
                proto.toBuilder().setName(sum).setOpType("ReduceSum").setInput(0, square).setOutput(0, sum).build(),
                NodeProto.newBuilder().setName(name).setOpType("Sqrt").addInput(sum).addOutput(proto.getOutput(0)).build());
    }
}
