package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;

/**
 * A Conv or Gemm as products of rows of weights with columns: a column is what the weights of a group are multiplied by for one position of the result, in
 * the order channel, then place in the kernel; 0 beyond the border.
 */
final class LayerColumns {
    private final Conv conv;
    private final int groups;
    private final int rows;
    private final int columns;
    private final int kernelHeight;
    private final int kernelWidth;
    private final int rowStride;
    private final int columnStride;

    /**
     * A layer.
     *
     * @param node one that {@link #isDefined} accepts
     * @param weights shape of its weights
     */
    LayerColumns(Node node, Shape weights) {
        if (node.op() instanceof Conv given) {
            conv = given;
            groups = given.groups();
            rows = weights.dim(0) / groups;
            columns = weights.size(1, weights.rank());
            kernelHeight = weights.rank() == 4 ? weights.dim(2) : 1;
            kernelWidth = weights.dim(weights.rank() - 1);
            rowStride = columns;
            columnStride = 1;
        } else {
            boolean transposed = ((Gemm) node.op()).transB();
            conv = null;
            groups = 1;
            rows = weights.dim(transposed ? 0 : 1);
            columns = weights.dim(transposed ? 1 : 0);
            kernelHeight = 1;
            kernelWidth = 1;
            rowStride = transposed ? columns : 1;
            columnStride = transposed ? 1 : rows;
        }
    }

    /** Whether a node's results are products of its weights and columns of its operand, plus its bias, and nothing else. */
    static boolean isDefined(Node node) {
        return node.op() instanceof Conv || node.op() instanceof Gemm gemm && gemm.alpha() == 1 && gemm.beta() == 1 && !gemm.transA();
    }

    /** Number of groups. */
    int groups() {
        return groups;
    }

    /** Rows of weights of a group. */
    int rows() {
        return rows;
    }

    /** Weights of a row. */
    int columns() {
        return columns;
    }

    /** Where a weight stands. */
    int weight(int group, int row, int column) {
        return (group * rows + row) * rowStride + column * columnStride;
    }

    /** Number of positions of a result: those of all samples, in order. */
    static int positions(Tensor result) {
        return result.shape().dim(0) * result.shape().size(2, result.shape().rank());
    }

    /** Copies the columns of all groups, one after the other. */
    void copyOperand(Tensor operand, Tensor result, int position, float[] into, int at) {
        if (conv == null) {
            System.arraycopy(operand.data(), position * columns, into, at, columns);
            return;
        }
        int channels = operand.shape().dim(1);
        int height = height(operand);
        int width = width(operand);
        int perSample = height(result) * width(result);
        int top = position % perSample / width(result) * conv.stride().h() - conv.pads().top();
        int left = position % width(result) * conv.stride().w() - conv.pads().left();
        int to = at;
        for (int c = 0; c < channels; c++) {
            int plane = (position / perSample * channels + c) * height * width;
            for (int ky = 0; ky < kernelHeight; ky++) {
                int y = top + ky * conv.dilation().h();
                for (int kx = 0; kx < kernelWidth; kx++) {
                    int x = left + kx * conv.dilation().w();
                    boolean beyond = y < 0 || y >= height || x < 0 || x >= width;
                    into[to++] = beyond ? 0 : operand.data()[plane + y * width + x];
                }
            }
        }
    }

    /** Copies the result of every row at a position. */
    void copyResult(Tensor result, int position, float[] into, int at) {
        int channels = groups * rows;
        int perSample = result.shape().size(2, result.shape().rank());
        int from = position / perSample * channels * perSample + position % perSample;
        for (int c = 0; c < channels; c++) {
            into[at + c] = result.data()[from + c * perSample];
        }
    }

    private static int height(Tensor map) {
        return map.shape().rank() == 4 ? map.shape().dim(2) : 1;
    }

    private static int width(Tensor map) {
        return map.shape().dim(map.shape().rank() - 1);
    }
}
