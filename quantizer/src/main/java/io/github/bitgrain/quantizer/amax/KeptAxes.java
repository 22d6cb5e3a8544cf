package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.tensor.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which channel each element of a tensor belongs to when some axes keep a range of their own. */
final class KeptAxes {
    private final int[] weights;
    private final int[] strides;
    private final Shape kept;

    /** The channels of a shape; {@code axes} null: one. */
    KeptAxes(Shape shape, List<Integer> axes) {
        Set<Integer> at = new HashSet<>();
        if (axes != null) {
            axes.forEach(axis -> at.add(shape.axis(axis)));
        }
        int rank = shape.rank();
        int[] dims = new int[rank];
        weights = new int[rank];
        strides = new int[rank];
        int channels = 1;
        int stride = 1;
        for (int i = rank - 1; i >= 0; i--) {
            dims[i] = at.contains(i) ? shape.dim(i) : 1;
            weights[i] = at.contains(i) ? channels : 0;
            channels *= dims[i];
            strides[i] = stride;
            stride *= shape.dim(i);
        }
        kept = axes == null ? Shape.of() : Shape.of(Arrays.copyOf(dims, rank));
    }

    /** Shape of the ranges. */
    Shape shape() {
        return kept;
    }

    /** Number of channels. */
    int channels() {
        return kept.size();
    }

    /** Channel of an element in dense order. */
    int channel(int index) {
        int channel = 0;
        int rest = index;
        for (int i = 0; i < weights.length; i++) {
            channel += rest / strides[i] * weights[i];
            rest %= strides[i];
        }
        return channel;
    }
}
