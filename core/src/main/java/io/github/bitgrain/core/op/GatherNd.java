package io.github.bitgrain.core.op;

/**
 * Picks slices by tuples of indices that are computed when the network runs (ONNX GatherND). x [B…, D…, S…], indices [B…, T…, n] with n
 * the number of axes D → [B…, T…, S…]. Negative indices count from the end.
 *
 * @param batchDims number of axes B that both operands share
 */
public record GatherNd(int batchDims) implements Op {
    @Override
    public String onnxType() {
        return "GatherND";
    }
}
