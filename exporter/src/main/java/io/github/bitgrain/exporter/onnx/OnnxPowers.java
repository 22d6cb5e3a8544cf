package io.github.bitgrain.exporter.onnx;

/**
 * Pow with a constant whole or half-whole exponent, by operators that compute the same: products, a square root, a division. The chip
 * has a Pow of its own, but ESP-PPQ keeps it in float, and so has neither a scale nor a gradient for it.
 */
final class OnnxPowers {
    private static final float LARGEST = 4;

    private OnnxPowers() {}

    /** Adds the nodes that stand for a Pow. */
    static void of(OnnxParts parts) {
        OnnxNode node = parts.node();
        float exponent = exponent(node);
        String x = parts.x();
        float size = Math.abs(exponent);
        int whole = (int) size;
        if (size == 0 || size > LARGEST || size != whole && size != whole + 0.5f) {
            throw node.fail("the exponent " + exponent + " is not one of ±0.5, ±1, ±1.5 … ±4, which become products and a square root;"
                    + " rewrite it with these, or with Exp and Log");
        }
        String power = switch (whole) {
            case 0 -> null;
            case 1 -> x;
            case 2, 3 -> parts.part("Mul", "square", x, x);
            default -> {
                String square = parts.part("Mul", "square", x, x);
                yield parts.part("Mul", "fourth", square, square);
            }
        };
        power = whole == 3 ? parts.part("Mul", "cube", power, x) : power;
        if (size != whole) {
            String root = parts.part("Sqrt", "root", x);
            power = power == null ? root : parts.part("Mul", "product", power, root);
        }
        if (exponent < 0) {
            parts.part("Reciprocal", "reciprocal", power);
        } else if (exponent == 1) {
            parts.part("Identity", "same", x);
        }
    }

    private static float exponent(OnnxNode node) {
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
}
