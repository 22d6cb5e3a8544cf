package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.metric.detection.BoxLabels;
import io.github.bitgrain.cli.metric.detection.Decoder;
import io.github.bitgrain.cli.metric.detection.DetectionTask;
import io.github.bitgrain.core.BitgrainException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How the outputs of a detector become boxes, for {@code --metric map50,map50_95,f1}. */
final class DetectionOptions {
    @Option(names = "--decoder", paramLabel = "NAME", description = "How the outputs of a detector name boxes: ltrb (distances from cells in strides, "
            + "then scores), xywh (YOLO as Ultralytics exports it), xyxy (end to end: corners, score, class), dfl (raw YOLO head: distributions and "
            + "logits of each stride), fastestdet, ultraface. --labels then holds boxes: [samples, boxes, 5] with class (-1: none), x0, y0, x1, y1, or "
            + "[boxes, 6] with the sample before them; in pixels, or as shares of the picture.")
    private Decoder decoder;

    @Option(names = "--strides", split = ",", paramLabel = "N", description = "Strides of an ltrb head, the smallest first. Default: usual ones that fit.")
    private List<Integer> strides = new ArrayList<>();

    @Option(names = "--min-score", paramLabel = "S", description = "Boxes must score more to count. Default: 0.05.")
    private Double leastScore;

    @Option(names = "--nms", paramLabel = "IOU", description = "Overlap from which on a box is dropped beside a better one of its class. Default: 0.5.")
    private Double overlap;

    /** Whether the network is said to be a detector. */
    boolean isDetector() {
        return decoder != null;
    }

    /**
     * The task, or null without a decoder.
     *
     * @param samples number of samples
     */
    DetectionTask task(Path labels, int samples) {
        if (decoder == null) {
            if (!strides.isEmpty() || leastScore != null || overlap != null) {
                throw BitgrainException.usage((!strides.isEmpty() ? "--strides" : leastScore != null ? "--min-score" : "--nms")
                        + " belongs to --decoder NAME, which is missing");
            }
            return null;
        }
        if (strides.stream().anyMatch(stride -> stride < 1)) {
            throw BitgrainException.usage("--strides: " + strides + " are not all positive");
        }
        return new DetectionTask(decoder, List.copyOf(strides), share("--min-score", leastScore, 0.05), share("--nms", overlap, 0.5),
                labels == null ? null : BoxLabels.read(labels, samples));
    }

    private static double share(String option, Double value, double otherwise) {
        if (value != null && !(value >= 0 && value <= 1)) {
            throw BitgrainException.usage(option + ": " + value + " is not between 0 and 1");
        }
        return value == null ? otherwise : value;
    }
}
