package io.github.bitgrain.core.op;

/**
 * The k first elements along an axis by size, and where they were (ONNX TopK). x → values, indices; both with the extent k at
 * {@code axis}. Of equal elements the one with the lower index comes first. Operand 1 only names k.
 *
 * @param k how many, at most the axis' extent
 * @param axis axis; negative counts from the end
 * @param largest the largest elements, else the smallest
 * @param sorted whether readers rely on the order; they get it in any case
 */
public record TopK(int k, int axis, boolean largest, boolean sorted) implements Op {
    /** Position of the indices among the results. */
    public static final int INDICES = 1;

    @Override
    public boolean isStructural(int operand) {
        return operand > 0;
    }
}
