package io.github.bitgrain.cli.metric.detection;

import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Samples;
import io.github.bitgrain.core.BitgrainException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Labelled boxes of every sample. Files: [samples, boxes, 5] with rows (class, x0, y0, x1, y1), a negative class filling up; or
 * [boxes, 6] with rows (sample, class, x0, y0, x1, y1). Coordinates are pixels of the network's input, or shares of its width and
 * height where none exceeds 1.
 */
public final class BoxLabels {
    /** A share that was rounded may exceed 1 a little; no picture is one pixel wide. */
    private static final double WHOLE = 1.001;

    private final List<List<Box>> boxes = new ArrayList<>();
    private double largest;

    private BoxLabels(int samples) {
        for (int i = 0; i < samples; i++) {
            boxes.add(new ArrayList<>());
        }
    }

    /**
     * Reads a file.
     *
     * @param samples number of samples
     * @throws BitgrainException (bad input) if it has another form, or a row that makes no sense
     */
    public static BoxLabels read(Path file, int samples) {
        BoxLabels labels = new BoxLabels(samples);
        try (Samples array = InputData.array(file)) {
            boolean padded = array.shape().size() == 2 && array.shape().get(1) == 5;
            if (!padded && !array.shape().equals(List.of(6))) {
                throw BitgrainException.badInput(file + ": labels of boxes have the shape [samples, boxes, 5] or [boxes, 6], not one of "
                        + array.shape() + " in each row");
            }
            if (padded && array.count() != samples) {
                throw BitgrainException.badInput(file + ": has labels of " + array.count() + " samples, the data has " + samples);
            }
            int width = padded ? 5 : 6;
            int perRow = array.sampleSize() / width;
            ByteBuffer data = array.read(0, array.count());
            for (int row = 0; row < array.count() * perRow; row++) {
                double[] numbers = new double[width];
                for (int i = 0; i < width; i++) {
                    numbers[i] = array.type().floatAt(data, row * width + i);
                }
                labels.add(file, row, padded ? row / perRow : numbers[0], numbers, padded ? 0 : 1);
            }
        }
        return labels;
    }

    private void add(Path file, int row, double sample, double[] numbers, int at) {
        if (numbers[at] < 0) {
            return;
        }
        boolean whole = sample == Math.rint(sample) && numbers[at] == Math.rint(numbers[at]);
        if (!whole || sample < 0 || sample >= boxes.size() || numbers[at + 3] < numbers[at + 1] || numbers[at + 4] < numbers[at + 2]) {
            throw BitgrainException.badInput(file + ": box " + row + " is not a class and two corners of one of the " + boxes.size() + " samples");
        }
        Box box = new Box(numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4], (int) numbers[at], 1);
        boxes.get((int) sample).add(box);
        largest = Math.max(largest, Math.max(box.x1(), box.y1()));
    }

    /** The boxes of a sample in pixels. */
    List<Box> of(int sample, Geometry geometry) {
        double x = largest <= WHOLE ? geometry.width() : 1;
        double y = largest <= WHOLE ? geometry.height() : 1;
        return boxes.get(sample).stream()
                .map(b -> new Box(b.x0() * x, b.y0() * y, b.x1() * x, b.y1() * y, b.classId(), b.score())).toList();
    }
}
