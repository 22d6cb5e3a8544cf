package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.tensor.Shape;
import java.util.function.IntUnaryOperator;

/**
 * The two orders in which a sample's axes may stand: ONNX has channels first ([C, H, W] or [C, L]), chips have channels last
 * ([H, W, C] or [L, C]). Shapes of fewer than two or more than three axes have one order only.
 */
public final class AxisOrder {
    private AxisOrder() {}

    /** The channels-first form of a channels-last shape. */
    public static Shape channelsFirst(Shape channelsLast) {
        int rank = channelsLast.rank();
        if (rank != 2 && rank != 3) {
            return channelsLast;
        }
        int[] dims = channelsLast.dims();
        int[] first = new int[rank];
        first[0] = dims[rank - 1];
        System.arraycopy(dims, 0, first, 1, rank - 1);
        return Shape.of(first);
    }

    /** Whether both orders have the same shape, so that only the operators around a value tell which one it has. */
    static boolean isAmbiguous(Shape sample) {
        return (sample.rank() == 2 || sample.rank() == 3) && channelsFirst(sample).equals(sample);
    }

    /** For each element of the channels-last form the index of the same element in the channels-first form. */
    public static IntUnaryOperator fromChannelsFirst(Shape channelsLast) {
        int rank = channelsLast.rank();
        if (rank != 2 && rank != 3) {
            return IntUnaryOperator.identity();
        }
        int channels = channelsLast.dim(-1);
        int positions = channelsLast.size() / channels;
        return i -> i % channels * positions + i / channels;
    }

    /** Values in channels-first order, of a sample in channels-last order. */
    static float[] toChannelsFirst(float[] values, Shape channelsLast) {
        IntUnaryOperator source = fromChannelsFirst(channelsLast);
        float[] first = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            first[source.applyAsInt(i)] = values[i];
        }
        return first;
    }
}
