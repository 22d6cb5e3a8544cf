package io.github.bitgrain.cli.metric.detection;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;

/**
 * Where the cells of a head lie in the picture.
 *
 * @param width of the network's input in pixels
 * @param height of the network's input in pixels
 * @param given strides that the user named, the smallest first; empty: they are deduced
 */
public record Geometry(int width, int height, List<Integer> given) {
    private static final List<List<Integer>> USUAL = List.of(List.of(8, 16, 32), List.of(8, 16), List.of(8), List.of(16), List.of(32),
            List.of(16, 32), List.of(8, 16, 32, 64), List.of(4, 8, 16, 32));

    /** The strides whose cells are so many together. */
    List<Integer> strides(int cells) {
        List<List<Integer>> candidates = given.isEmpty() ? USUAL : List.of(given);
        return candidates.stream().filter(strides -> strides.stream().mapToInt(this::cells).sum() == cells).findFirst()
                .orElseThrow(() -> BitgrainException.usage("--strides: " + (given.isEmpty() ? "the usual strides do not" : given + " does not")
                        + " make " + cells + " cells of a picture of " + width + " x " + height + " pixels; name them, for example 8,16,32"));
    }

    /** The stride of a map of so many cells. */
    int stride(int cells) {
        int stride = (int) Math.sqrt((double) width * height / cells);
        if (stride < 1 || cells(stride) != cells) {
            throw BitgrainException.usage("--decoder: a map of " + cells + " cells does not fit a picture of " + width + " x " + height + " pixels");
        }
        return stride;
    }

    private int cells(int stride) {
        return (width / stride) * (height / stride);
    }
}
