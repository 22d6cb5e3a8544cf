package io.github.bitgrain.core.op;

import java.util.List;

/**
 * The same elements under another shape (ONNX Reshape). Operand 1 only names the shape. −1 stands for what remains, 0 for the
 * input's extent at the same axis unless {@code allowZero}.
 *
 * @param shape target; the batch extent in it is that of the declared input, shape inference replaces it for other batches
 * @param allowZero 0 means an empty axis
 */
public record Reshape(List<Long> shape, boolean allowZero) implements Op {
    /** Takes a copy of the target. */
    public Reshape {
        shape = List.copyOf(shape);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
