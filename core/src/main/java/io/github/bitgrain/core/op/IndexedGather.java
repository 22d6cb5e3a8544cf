package io.github.bitgrain.core.op;

/**
 * Picks slices by indices that are computed when the network runs (ONNX Gather; {@link Gather} has constant ones). x, indices → x's shape
 * with {@code axis} replaced by the indices' shape. Negative indices count from the end.
 *
 * @param axis axis; negative counts from the end
 */
public record IndexedGather(int axis) implements Op {
    @Override
    public String onnxType() {
        return "Gather";
    }
}
