package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;

/** The weights of a Conv or Gemm as rows (output channels) over input channels, whatever their layout. */
public final class WeightView {
    private final int rows;
    private final int channels;
    private final int perGroup;
    private final int rowsPerGroup;
    private final int positions;
    private final int rowStride;
    private final int channelStride;

    /** Sees one weight. */
    @FunctionalInterface
    public interface Visitor {
        /** Sees the weight of a row for a channel. */
        void visit(int row, int channel, double value);
    }

    /** Gives a weight another value. */
    @FunctionalInterface
    public interface Change {
        /** The new weight of a row for a channel. */
        double apply(int row, int channel, double value);
    }

    /**
     * A view.
     *
     * @param node a Conv or Gemm
     * @param shape shape of its weights
     */
    public WeightView(Node node, Shape shape) {
        if (node.op() instanceof Conv conv) {
            rows = shape.dim(0);
            perGroup = shape.dim(1);
            channels = perGroup * conv.groups();
            rowsPerGroup = rows / conv.groups();
            positions = shape.size(2, shape.rank());
            rowStride = perGroup * positions;
            channelStride = positions;
        } else {
            boolean transposed = ((Gemm) node.op()).transB();
            rows = shape.dim(transposed ? 0 : 1);
            perGroup = shape.dim(transposed ? 1 : 0);
            channels = perGroup;
            rowsPerGroup = rows;
            positions = 1;
            rowStride = transposed ? perGroup : 1;
            channelStride = transposed ? 1 : rows;
        }
    }

    /** The axis of the weights of a layer without groups that holds its output channels; the other of the first two holds its inputs. */
    static int rowAxis(Node node) {
        return node.op() instanceof Conv || ((Gemm) node.op()).transB() ? 0 : 1;
    }

    /** Number of output channels. */
    public int rows() {
        return rows;
    }

    /** Number of input channels. */
    public int channels() {
        return channels;
    }

    /** Number of input channels of each output channel. */
    int perRow() {
        return perGroup;
    }

    /** Every weight, row by row, in the order in which chips add products: positions, channels innermost. */
    public void forEach(float[] weights, Visitor visitor) {
        for (int row = 0; row < rows; row++) {
            int firstChannel = row / rowsPerGroup * perGroup;
            for (int position = 0; position < positions; position++) {
                for (int c = 0; c < perGroup; c++) {
                    visitor.visit(row, firstChannel + c, weights[row * rowStride + c * channelStride + position]);
                }
            }
        }
    }

    /** Changes every weight in place. */
    public void change(float[] weights, Change change) {
        for (int row = 0; row < rows; row++) {
            int firstChannel = row / rowsPerGroup * perGroup;
            for (int c = 0; c < perGroup; c++) {
                for (int position = 0; position < positions; position++) {
                    int at = row * rowStride + c * channelStride + position;
                    weights[at] = (float) change.apply(row, firstChannel + c, weights[at]);
                }
            }
        }
    }
}
