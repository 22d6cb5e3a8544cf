package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;

/**
 * Pow with a constant whole or half-whole exponent, by operators that compute the same: products, a square root, a division. The chip
 * has a Pow of its own, but ESP-PPQ keeps it in float, and so has neither a scale nor a gradient for it.
 */
final class OnnxPowers {
    private static final float LARGEST = 4;

    private final OnnxNode node;
    private final NodeProto proto;
    private final String name;
    private final List<NodeProto> parts = new ArrayList<>();

    private OnnxPowers(OnnxNode node, NodeProto proto, String name) {
        this.node = node;
        this.proto = proto;
        this.name = name;
    }

    /** The nodes that stand for a Pow; the last one has its name and makes its result. */
    static List<NodeProto> of(OnnxNode node, NodeProto proto, String name) {
        return new OnnxPowers(node, proto, name).parts();
    }

    private List<NodeProto> parts() {
        float exponent = exponent();
        String x = proto.getInput(0);
        float size = Math.abs(exponent);
        int whole = (int) size;
        if (size == 0 || size > LARGEST || size != whole && size != whole + 0.5f) {
            throw node.fail("the exponent " + exponent + " is not one of ±0.5, ±1, ±1.5 … ±4, which become products and a square root;"
                    + " rewrite it with these, or with Exp and Log");
        }
        String power = switch (whole) {
            case 0 -> null;
            case 1 -> x;
            case 2, 3 -> part("Mul", "square", x, x);
            default -> {
                String square = part("Mul", "square", x, x);
                yield part("Mul", "fourth", square, square);
            }
        };
        power = whole == 3 ? part("Mul", "cube", power, x) : power;
        if (size != whole) {
            String root = part("Sqrt", "root", x);
            power = power == null ? root : part("Mul", "product", power, root);
        }
        if (exponent < 0) {
            part("Reciprocal", "reciprocal", power);
        } else if (parts.isEmpty()) {
            part("Identity", "same", x);
        }
        parts.set(parts.size() - 1, parts.getLast().toBuilder().setName(name).setOutput(0, proto.getOutput(0)).build());
        return parts;
    }

    private float exponent() {
        OnnxConstant constant = node.requireConstant(1, "the exponent");
        if (constant.size() == 0 || constant.shape().rank() > node.shape(0).rank()) {
            throw node.fail("the exponent has shape " + constant.shape() + "; only one number for all elements is supported");
        }
        float first = element(constant, 0);
        for (int i = 1; i < constant.size(); i++) {
            if (element(constant, i) != first) {
                throw node.fail("the exponent differs by element; only one number for all of them is supported");
            }
        }
        return first;
    }

    private static float element(OnnxConstant constant, int i) {
        return constant.isFloat() ? constant.tensor().data()[i] : constant.longs()[i];
    }

    private String part(String type, String purpose, String... inputs) {
        String output = name + "/" + purpose;
        parts.add(NodeProto.newBuilder().setName(output).setOpType(type).addAllInput(List.of(inputs)).addOutput(output).build());
        return output;
    }
}
