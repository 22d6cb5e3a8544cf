package io.github.bitgrain.cli.metric;

import io.github.bitgrain.cli.console.Nearest;
import io.github.bitgrain.cli.metric.detection.Decoder;
import io.github.bitgrain.cli.metric.detection.Detections;
import io.github.bitgrain.core.BitgrainException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The metrics of one evaluation, by name, with what they need checked beforehand. */
public final class Metrics {
    /** Metrics that are shares, larger ones better: differences count in points. */
    public static final List<String> SHARES = List.of("top1", "top5", "agreement", "auc", "map50", "map50_95");

    /** Metrics of logits that are losses, smaller ones better: differences count as they are. */
    public static final List<String> LOSSES = List.of("nats", "perplexity");

    private static final Set<String> NAMES = new LinkedHashSet<>(
            List.of("top1", "top5", "nats", "perplexity", "agreement", "mse", "snr", "cosine", "auc", "spearman", "map50", "map50_95", "f1"));

    private final Map<String, Metric> metrics = new LinkedHashMap<>();

    private Metrics() {}

    /**
     * What is known about the data besides the samples.
     *
     * @param samples number of samples
     * @param labels file and content of the labels, or null
     * @param groups file and content of the groups, or null
     * @param reference whether a reference network runs beside the measured one
     */
    public record Truth(int samples, Column labels, Column groups, boolean reference) {
        /** Nothing but samples. */
        public static Truth none(int samples) {
            return new Truth(samples, null, null, false);
        }
    }

    /**
     * A file of integers.
     *
     * @param file what messages call it
     * @param rows entries of the first axis
     * @param values all elements
     */
    public record Column(String file, int rows, long[] values) {}

    /**
     * What metrics must know of the network.
     *
     * @param outputShape shape of the first output without its batch axis
     * @param outputs number of outputs
     * @param inputSize elements of one sample of the first input
     */
    public record NetworkShape(List<Integer> outputShape, int outputs, int inputSize) {
        private int outputSize() {
            return outputShape.stream().reduce(1, Math::multiplyExact);
        }

        /** Rows of classes: trailing axes of extent 1 (a network that ends in pooling) do not count. */
        private int rows() {
            int last = outputShape.size();
            while (last > 1 && outputShape.get(last - 1) == 1) {
                last--;
            }
            return outputShape.isEmpty() ? 1 : outputSize() / outputShape.get(last - 1);
        }
    }

    /**
     * The metrics asked for; without any, those that the given truth allows.
     *
     * @throws BitgrainException if a name is unknown, or what a metric needs is missing or does not fit
     */
    public static Metrics of(List<String> names, Truth truth, NetworkShape shape) {
        return of(names, truth, shape, null);
    }

    /**
     * The same for a detector.
     *
     * @param detections gathers its boxes; null if it is none
     */
    public static Metrics of(List<String> names, Truth truth, NetworkShape shape, Detections detections) {
        List<String> wanted = !names.isEmpty() ? names : detections == null ? defaults(truth)
                : detections.hasLabels() || !truth.reference() ? List.of("map50", "map50_95") : List.of("f1");
        Metrics metrics = new Metrics();
        for (String name : wanted) {
            metrics.metrics.put(name, make(name, truth, shape, detections));
        }
        return metrics;
    }

    private static List<String> defaults(Truth truth) {
        List<String> names = new ArrayList<>();
        if (truth.groups() != null) {
            names.add("auc");
        } else if (truth.labels() != null) {
            names.add("top1");
        }
        if (truth.reference()) {
            names.addAll(List.of("agreement", "mse", "snr", "cosine"));
        }
        if (names.isEmpty()) {
            throw BitgrainException.usage("nothing to measure against: give --labels FILE.npy or --reference MODEL.onnx");
        }
        return names;
    }

    private static Metric make(String name, Truth truth, NetworkShape shape, Detections detections) {
        return switch (name) {
            case "top1" -> new TopK(1, classLabels(name, truth, shape), shape.rows());
            case "top5" -> new TopK(5, classLabels(name, truth, shape), shape.rows());
            case "nats" -> new CrossEntropy(classLabels(name, truth, shape), shape.rows(), false);
            case "perplexity" -> new CrossEntropy(classLabels(name, truth, shape), shape.rows(), true);
            case "map50" -> MeanAveragePrecision.atFifty(labelled(name, detections));
            case "map50_95" -> MeanAveragePrecision.fiftyTo95(labelled(name, detections));
            case "f1" -> reference(name, truth, new DetectionAgreement(detections(name, detections)));
            case "agreement" -> {
                classes(name, shape);
                yield new Agreement(reference(name, truth, shape.rows()));
            }
            case "mse" -> reference(name, truth, OutputError.mse());
            case "snr" -> reference(name, truth, OutputError.snr());
            case "cosine" -> reference(name, truth, OutputError.cosine());
            case "auc" -> auc(truth, shape);
            case "spearman" -> spearman(truth, shape);
            default -> throw BitgrainException.usage("--metric: unknown metric '" + name + "'"
                    + Nearest.hint(name, NAMES) + " (known: " + String.join(", ", NAMES) + ")");
        };
    }

    private static Detections detections(String name, Detections detections) {
        if (detections == null) {
            throw BitgrainException.usage("--metric " + name + " needs to know how the outputs name boxes: give --decoder " + Decoder.names());
        }
        return detections;
    }

    private static Detections labelled(String name, Detections detections) {
        if (!detections(name, detections).hasLabels()) {
            throw BitgrainException.usage("--decoder " + detections.decoder().title() + " needs boxes to compare with: give --labels FILE.npy");
        }
        return detections;
    }

    /** Whether a metric compares the outputs with those of another network. */
    public static boolean compares(String name) {
        return Set.of("agreement", "mse", "snr", "cosine", "spearman", "f1").contains(name);
    }

    private static <T> T reference(String name, Truth truth, T metric) {
        if (!truth.reference()) {
            throw BitgrainException.usage("--metric " + name + " compares with another model: give --reference MODEL.onnx");
        }
        return metric;
    }

    private static void classes(String name, NetworkShape shape) {
        if (shape.outputs() != 1 || shape.outputSize() < 2) {
            throw BitgrainException.usage("--metric " + name + " needs one output of scores per class, the model has "
                    + (shape.outputs() == 1 ? "one of shape " + shape.outputShape() : shape.outputs() + " outputs"));
        }
    }

    private static Column labels(String name, Truth truth) {
        if (truth.labels() == null) {
            throw BitgrainException.usage("--metric " + name + " needs labels: give --labels FILE.npy");
        }
        return truth.labels();
    }

    private static long[] classLabels(String name, Truth truth, NetworkShape shape) {
        Column labels = labels(name, truth);
        classes(name, shape);
        if (labels.rows() != truth.samples()) {
            throw BitgrainException.badInput(labels.file() + ": has " + labels.rows() + " labels, the data has "
                    + truth.samples() + " samples");
        }
        int perRow = labels.values().length / labels.rows();
        if (perRow != shape.rows()) {
            throw BitgrainException.badInput(labels.file() + ": has " + perRow + " labels for each sample, the model's output "
                    + shape.outputShape() + " wants " + shape.rows());
        }
        int classCount = shape.outputSize() / shape.rows();
        for (long label : labels.values()) {
            if (label < 0 || label >= classCount) {
                throw BitgrainException.badInput(
                        labels.file() + ": label " + label + " is outside the model's " + classCount + " classes");
            }
        }
        return labels.values();
    }

    private static Metric auc(Truth truth, NetworkShape shape) {
        long[] labels = labels("auc", truth).values();
        autoencoder("auc", shape);
        int groupCount = truth.labels().rows();
        int[] groups = new int[truth.samples()];
        Arrays.setAll(groups, i -> i);
        if (truth.groups() == null && groupCount != truth.samples()) {
            throw BitgrainException.badInput(truth.labels().file() + ": has " + groupCount + " labels, the data has "
                    + truth.samples() + " samples; give --groups FILE.npy if a label stands for several samples");
        }
        if (truth.groups() != null) {
            groups = groups(truth, groupCount);
        }
        long anomalies = 0;
        for (long label : labels) {
            if (label != 0 && label != 1) {
                throw BitgrainException.badInput(truth.labels().file() + ": label " + label + " is neither 0 nor 1");
            }
            anomalies += label;
        }
        if (anomalies == 0 || anomalies == labels.length) {
            throw BitgrainException.badInput(truth.labels().file() + ": auc needs both labels, 0 and 1");
        }
        return new AnomalyAuc(groups, labels);
    }

    private static Metric spearman(Truth truth, NetworkShape shape) {
        autoencoder("spearman", shape);
        int[] groups = new int[truth.samples()];
        Arrays.setAll(groups, i -> i);
        int count = truth.samples();
        if (truth.groups() != null) {
            count = (int) Arrays.stream(truth.groups().values()).distinct().count();
            groups = groups(truth, count);
        }
        return reference("spearman", truth, new RankCorrelation(groups, count));
    }

    private static void autoencoder(String name, NetworkShape shape) {
        if (shape.outputs() != 1 || shape.outputSize() != shape.inputSize()) {
            throw BitgrainException.usage("--metric " + name + " compares the output with the input of an autoencoder; this model's output "
                    + shape.outputShape() + " has another size than its input");
        }
    }

    /** Groups in ascending order of their numbers belong to the labels in their order. */
    private static int[] groups(Truth truth, int labels) {
        Column column = truth.groups();
        if (column.values().length != truth.samples()) {
            throw BitgrainException.badInput(column.file() + ": has " + column.values().length + " entries, the data has "
                    + truth.samples() + " samples");
        }
        Map<Long, Integer> order = new TreeMap<>();
        for (long group : column.values()) {
            order.put(group, 0);
        }
        if (order.size() != labels) {
            throw BitgrainException.badInput(column.file() + ": has " + order.size() + " different groups, "
                    + truth.labels().file() + " has " + labels + " labels");
        }
        int next = 0;
        for (Map.Entry<Long, Integer> entry : order.entrySet()) {
            entry.setValue(next++);
        }
        int[] groups = new int[truth.samples()];
        Arrays.setAll(groups, i -> order.get(column.values()[i]));
        return groups;
    }

    /** Takes a sample into account. */
    public void add(Prediction sample) {
        metrics.values().forEach(metric -> metric.add(sample));
    }

    /** The value of each metric, in the order asked for. */
    public Map<String, Double> values() {
        Map<String, Double> values = new LinkedHashMap<>();
        metrics.forEach((name, metric) -> values.put(name, metric.value()));
        return values;
    }
}
