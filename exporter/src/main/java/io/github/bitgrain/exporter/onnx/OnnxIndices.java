package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.IntegerDiv;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Operators that make indices, compute with them or go by them, as {@link OnnxOperators} wants them. */
final class OnnxIndices {
    private static final int K_AS_OPERAND = 10;

    private OnnxIndices() {}

    static Op topK(OnnxNode node) {
        List<Long> k = node.opset() < K_AS_OPERAND ? List.of(node.integer("k", 0)) : node.integers(1, "k", List.of());
        if (k.size() != 1) {
            throw node.fail("k must be one number");
        }
        return new TopK(Math.toIntExact(k.getFirst()), node.axis("axis", -1), node.flag("largest", true), node.flag("sorted", true));
    }

    static Op argMax(OnnxNode node) {
        node.require("select_last_index", 0, "the first of equals is taken");
        return new ArgMax(node.axis("axis", 0), node.flag("keepdims", true));
    }

    static Op gather(OnnxNode node) {
        OnnxConstant indices = node.constant(1);
        if (indices == null) {
            return new IndexedGather(node.axis("axis", 0));
        }
        List<Integer> values = new ArrayList<>();
        for (int i = 0; i < indices.size(); i++) {
            values.add(Math.toIntExact(indices.longs()[i]));
        }
        return new Gather(node.axis("axis", 0), values, indices.shape());
    }

    static Op div(OnnxNode node) {
        return node.isInteger(0) ? new IntegerDiv() : new Div();
    }

    static Op mod(OnnxNode node) {
        boolean truncated = node.flag("fmod", false);
        if (!truncated && !node.isInteger(0)) {
            throw node.fail("fmod = 0 is for integers; use fmod = 1, or x - y * Floor(x / y)");
        }
        return new Mod(truncated);
    }

    static Op cast(OnnxNode node) {
        node.ignore("saturate");
        DataType to = DataType.forNumber(node.axis("to", 0));
        return switch (to) {
            case INT32, INT64 -> new Cast(true);
            case FLOAT, DOUBLE -> node.isInteger(0) ? new Cast(false) : new Identity();
            case null, default -> throw node.fail("a cast to " + to + " is not supported; float, double, int32 and int64 are");
        };
    }
}
