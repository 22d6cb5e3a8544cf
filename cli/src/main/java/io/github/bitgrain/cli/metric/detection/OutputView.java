package io.github.bitgrain.cli.metric.detection;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * One output of a detector for one sample as a table of channels and positions, whichever of them stands first in memory.
 *
 * @param start index of its first element
 */
record OutputView(float[] data, int start, int channels, int positions, boolean channelsFirst) {
    /**
     * The view of a shape.
     *
     * @param shape two axes: the longer one counts positions, but in a list of at most six numbers each the first does; three
     *     axes: a map whose extents divide the picture's alike
     */
    static OutputView of(List<Integer> shape, Decoder decoder, Geometry geometry) {
        List<Integer> dims = shape.size() == 4 && shape.getFirst() == 1 ? shape.subList(1, 4) : shape;
        if (dims.size() == 2) {
            boolean first = decoder == Decoder.XYXY ? dims.get(1) != 6 : dims.get(0) < dims.get(1);
            return first ? new OutputView(null, 0, dims.get(0), dims.get(1), true) : new OutputView(null, 0, dims.get(1), dims.get(0), false);
        }
        if (dims.size() == 3) {
            if (isMap(dims.get(1), dims.get(2), geometry)) {
                return new OutputView(null, 0, dims.get(0), dims.get(1) * dims.get(2), true);
            }
            if (isMap(dims.get(0), dims.get(1), geometry)) {
                return new OutputView(null, 0, dims.get(2), dims.get(0) * dims.get(1), false);
            }
        }
        throw BitgrainException.usage("--decoder " + decoder.title() + ": an output of shape " + shape + " has no cells of a picture of "
                + geometry.width() + " x " + geometry.height() + " pixels");
    }

    private static boolean isMap(int rows, int columns, Geometry geometry) {
        return geometry.height() % rows == 0 && geometry.width() % columns == 0 && geometry.height() / rows == geometry.width() / columns;
    }

    /** This on other data. */
    OutputView on(float[] values, int first) {
        return new OutputView(values, first, channels, positions, channelsFirst);
    }

    int size() {
        return channels * positions;
    }

    double at(int channel, int position) {
        return data[start + (channelsFirst ? channel * positions + position : position * channels + channel)];
    }

    /** The channel from {@code from} to before {@code to} that is largest at a position, the lowest of equals. */
    int largest(int from, int to, int position) {
        int best = from;
        for (int c = from + 1; c < to; c++) {
            best = at(c, position) > at(best, position) ? c : best;
        }
        return best;
    }
}
