package io.github.bitgrain.cli.metric.detection;

import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the outputs of a detector name boxes. */
public enum Decoder {
    /**
     * One output [4 + classes, anchors] of an anchor-free head: distances left, top, right, bottom from the middle of a cell in
     * units of its stride, then scores. Cells row by row, the smallest stride first.
     */
    LTRB {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            OutputView y = only(outputs);
            int n = 0;
            for (int stride : geometry.strides(y.positions())) {
                for (int j = 0; j < geometry.height() / stride; j++) {
                    for (int i = 0; i < geometry.width() / stride; i++, n++) {
                        int best = y.largest(4, y.channels(), n);
                        keep(new Box((i + 0.5 - y.at(0, n)) * stride, (j + 0.5 - y.at(1, n)) * stride, (i + 0.5 + y.at(2, n)) * stride,
                                (j + 0.5 + y.at(3, n)) * stride, best - 4, y.at(best, n)), least, boxes);
                    }
                }
            }
        }
    },
    /** One output [4 + classes, anchors], as Ultralytics exports YOLO: centre, width and height in pixels, then scores. */
    XYWH {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            OutputView y = only(outputs);
            for (int n = 0; n < y.positions(); n++) {
                int best = y.largest(4, y.channels(), n);
                keep(Box.centred(y.at(0, n), y.at(1, n), y.at(2, n), y.at(3, n), best - 4, y.at(best, n)), least, boxes);
            }
        }
    },
    /** One output [detections, 6] of an end-to-end detector: corners in pixels, score, class. Boxes are final. */
    XYXY {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            OutputView y = only(outputs);
            for (int n = 0; n < y.positions(); n++) {
                keep(new Box(y.at(0, n), y.at(1, n), y.at(2, n), y.at(3, n), (int) Math.rint(y.at(5, n)), y.at(4, n)), least, boxes);
            }
        }

        @Override
        boolean suppresses() {
            return false;
        }
    },
    /**
     * Raw outputs of a YOLO head, for each stride one [64, h, w] of distance distributions (16 bins a side: left, top, right, bottom)
     * and one [classes, h, w] of scores before their sigmoid. The distance is the mean of the softmax of its bins, in strides.
     */
    DFL {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            List<OutputView> open = new ArrayList<>(outputs);
            while (!open.isEmpty()) {
                OutputView first = open.removeFirst();
                OutputView second = open.stream().filter(other -> other.positions() == first.positions()).findFirst()
                        .orElseThrow(() -> misfit("an output for boxes and one for scores of each stride"));
                open.remove(second);
                OutputView distances = first.channels() == 4 * BINS ? first : second;
                OutputView scores = distances == first ? second : first;
                if (distances.channels() != 4 * BINS) {
                    throw misfit("an output of " + 4 * BINS + " channels for each stride");
                }
                int stride = geometry.stride(distances.positions());
                int columns = geometry.width() / stride;
                for (int n = 0; n < distances.positions(); n++) {
                    double x = n % columns + 0.5;
                    double y = n / columns + 0.5;
                    int best = scores.largest(0, scores.channels(), n);
                    keep(new Box((x - mean(distances, 0, n)) * stride, (y - mean(distances, 1, n)) * stride, (x + mean(distances, 2, n)) * stride,
                            (y + mean(distances, 3, n)) * stride, best, sigmoid(scores.at(best, n))), least, boxes);
                }
            }
        }
    },
    /**
     * One output [5 + classes, h, w] of FastestDet: objectness o, four numbers for the box, class scores s. Score
     * o^0.6 · s^0.4, centre (i + tanh, j + tanh) in cells, size sigmoid in pictures.
     */
    FASTESTDET {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            OutputView y = only(outputs);
            int stride = geometry.stride(y.positions());
            int columns = geometry.width() / stride;
            for (int n = 0; n < y.positions(); n++) {
                int best = y.largest(5, y.channels(), n);
                double score = Math.pow(Math.max(0, y.at(0, n)), 0.6) * Math.pow(Math.max(0, y.at(best, n)), 0.4);
                keep(Box.centred((n % columns + Math.tanh(y.at(1, n))) * stride, (n / columns + Math.tanh(y.at(2, n))) * stride,
                        sigmoid(y.at(3, n)) * geometry.width(), sigmoid(y.at(4, n)) * geometry.height(), best - 5, score), least, boxes);
            }
        }
    },
    /**
     * Two outputs of Ultra-Light-Fast-Generic-Face-Detector: scores [priors, 2] of background and face, and boxes [priors, 4] as offsets
     * from priors: centre + 0.1 · size · offset, size · e^(0.2 · offset). Priors are squares of fixed sizes in every cell of four maps.
     */
    ULTRAFACE {
        @Override
        void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes) {
            OutputView scores = outputs.size() == 2 ? outputs.get(outputs.get(0).channels() == 2 ? 0 : 1) : null;
            OutputView offsets = outputs.size() == 2 ? outputs.get(scores == outputs.get(0) ? 1 : 0) : null;
            List<Box> priors = UltraFacePriors.of(geometry);
            if (scores == null || scores.channels() != 2 || offsets.channels() != 4 || scores.positions() != priors.size()
                    || offsets.positions() != priors.size()) {
                throw misfit("outputs [" + priors.size() + ", 2] and [" + priors.size() + ", 4] for a picture of " + geometry.width() + " x "
                        + geometry.height() + " pixels");
            }
            for (int n = 0; n < priors.size(); n++) {
                Box prior = priors.get(n);
                double width = prior.x1() - prior.x0();
                double height = prior.y1() - prior.y0();
                keep(Box.centred((prior.x0() + prior.x1()) / 2 + CENTRE_VARIANCE * width * offsets.at(0, n),
                        (prior.y0() + prior.y1()) / 2 + CENTRE_VARIANCE * height * offsets.at(1, n),
                        width * Math.exp(SIZE_VARIANCE * offsets.at(2, n)), height * Math.exp(SIZE_VARIANCE * offsets.at(3, n)), 0, scores.at(1, n)),
                        least, boxes);
            }
        }
    };

    private static final double CENTRE_VARIANCE = 0.1;
    private static final double SIZE_VARIANCE = 0.2;

    private static final int BINS = 16;

    /** Appends the boxes of a sample that score more than {@code least}. */
    abstract void decode(List<OutputView> outputs, Geometry geometry, double least, List<Box> boxes);

    /** Whether overlapping boxes must still be thinned out. */
    boolean suppresses() {
        return true;
    }

    /** All names as the command line has them. */
    public static String names() {
        return Arrays.stream(values()).map(Decoder::title).collect(Collectors.joining(", "));
    }

    /** The name as the command line has it. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static void keep(Box box, double least, List<Box> boxes) {
        if (box.score() > least) {
            boxes.add(box);
        }
    }

    OutputView only(List<OutputView> outputs) {
        if (outputs.size() != 1) {
            throw misfit("one output, the model has " + outputs.size());
        }
        return outputs.getFirst();
    }

    BitgrainException misfit(String need) {
        return BitgrainException.usage("--decoder " + title() + " needs " + need);
    }

    /** Mean of the bins of one side under the softmax of their values. */
    private static double mean(OutputView view, int side, int n) {
        int first = side * BINS;
        double top = view.at(view.largest(first, first + BINS, n), n);
        double sum = 0;
        double weighted = 0;
        for (int bin = 0; bin < BINS; bin++) {
            double share = Math.exp(view.at(first + bin, n) - top);
            sum += share;
            weighted += bin * share;
        }
        return weighted / sum;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
