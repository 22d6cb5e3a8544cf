package io.github.bitgrain.benchmarks.peers;

import ai.onnxruntime.OrtException;
import io.github.bitgrain.benchmarks.BenchmarkNetworks;
import io.github.bitgrain.benchmarks.Interleaved;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Whole networks: the executor against ONNX Runtime on the same ONNX file, in turn in one process. Arguments: names of
 * networks to measure, {@code batch=N}, {@code threads=N} (more than one: wall time, which needs an idle machine),
 * {@code profile} for the time of each node.
 */
public final class NetworkRatios {
    private static final Map<String, Supplier<Model>> NETWORKS = new LinkedHashMap<>();

    static {
        NETWORKS.put("mobilenetv2-224", () -> BenchmarkNetworks.mobileNetV2(224, 1));
        NETWORKS.put("mobilenetv2-0.5-224", () -> BenchmarkNetworks.mobileNetV2(224, 0.5));
        NETWORKS.put("yolo26n-512", () -> BenchmarkNetworks.yolo26n(512));
        NETWORKS.put("yolo26n-640", () -> BenchmarkNetworks.yolo26n(640));
    }

    private NetworkRatios() {}

    /** Names of the networks. */
    static java.util.Set<String> names() {
        return NETWORKS.keySet();
    }

    /** The network of one of these names. */
    static Model network(String name) {
        return NETWORKS.get(name).get();
    }

    /**
     * Figures of one network.
     *
     * @param ours microseconds of a run here
     * @param theirs microseconds of a run in ONNX Runtime
     * @param difference largest difference of the first result by its largest value
     * @param layers time of each node, as text and as points of a roofline plot
     */
    record Figures(String name, double ours, double theirs, double difference, List<RooflinePage.Point> layers) {
        double ratio() {
            return theirs / ours;
        }
    }

    /** Measures and prints a table in Markdown. */
    public static void main(String[] arguments) throws OrtException {
        List<String> list = List.of(arguments);
        int batch = number(list, "batch=", 1);
        int threads = number(list, "threads=", 1);
        System.out.println("| network | batch | threads | ours ms | ONNX Runtime ms | speed ÷ ONNX Runtime | largest difference |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (Map.Entry<String, Supplier<Model>> entry : NETWORKS.entrySet()) {
            boolean named = NETWORKS.keySet().stream().anyMatch(list::contains);
            if (!named || list.contains(entry.getKey())) {
                Figures figures = measure(entry.getKey(), batch, threads, list.contains("profile"));
                System.out.printf("| %s | %d | %d | %.2f | %.2f | %.2f | %.1e |%n", figures.name(), batch, threads, figures.ours() / 1e3,
                        figures.theirs() / 1e3, figures.ratio(), figures.difference());
            }
        }
    }

    private static int number(List<String> arguments, String key, int standard) {
        return arguments.stream().filter(a -> a.startsWith(key)).mapToInt(a -> Integer.parseInt(a.substring(key.length())))
                .findFirst().orElse(standard);
    }

    static Figures measure(String name, int batch, int threads, boolean profile) throws OrtException {
        byte[] file = OnnxWriter.write(withBatch(network(name), batch));
        Model model = OnnxReader.read(name, Path.of(""), file);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        model.graph().inputs().forEach((input, shape) -> inputs.put(input, noise(shape.with(0, batch))));
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().threads(threads));
                OnnxRuntimePeer peer = new OnnxRuntimePeer(file, inputs, threads)) {
            float[] ours = executor.run(inputs).values().iterator().next().data();
            double difference = relativeDifference(ours, peer.first());
            double[] times = new Interleaved(threads > 1, 4, 15, 0.1).microseconds(() -> executor.run(inputs), peer::run);
            if (profile) {
                printProfile(model, executor, inputs, batch);
            }
            return new Figures(name, times[0], times[1], difference, points(model, executor, inputs, batch));
        }
    }

    private static Model withBatch(Model model, int batch) {
        Map<String, Shape> inputs = new LinkedHashMap<>();
        model.graph().inputs().forEach((input, shape) -> inputs.put(input, shape.with(0, batch)));
        return new Model(model.graph().edit().inputs(inputs).build(), model.parameters());
    }

    /** Convolutions by the operations per byte that they must move at least. */
    private static List<RooflinePage.Point> points(Model model, Executor executor, Map<String, Tensor> inputs, int batch) {
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters(), batch);
        Map<String, Long> times = executor.profile(inputs, 30);
        List<RooflinePage.Point> points = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Conv conv && times.containsKey(node.name())) {
                Shape w = shapes.get(node.input(1));
                Shape y = shapes.get(node.output());
                double flops = 2.0 * y.size() * w.size() / w.dim(0);
                double bytes = 4.0 * (shapes.get(node.input(0)).size() + w.size() + y.size());
                String kind = conv.groups() > 1 ? "depthwise" : w.dim(2) == 1 ? "pointwise" : "dense";
                points.add(new RooflinePage.Point(kind, node.name() + " " + w + " → " + y, flops / bytes, flops / times.get(node.name())));
            }
        }
        return points;
    }

    private static void printProfile(Model model, Executor executor, Map<String, Tensor> inputs, int batch) {
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters(), batch);
        Map<String, Long> times = executor.profile(inputs, 30);
        double total = times.values().stream().mapToLong(Long::longValue).sum();
        Map<String, Double> byKind = new LinkedHashMap<>();
        times.forEach((label, time) -> {
            Node node = model.graph().nodes().stream().filter(n -> n.name().equals(label)).findFirst().orElse(null);
            String kind = node == null ? "layout change" : node.op().getClass().getSimpleName();
            byKind.merge(kind, time / total, Double::sum);
            if (time > 0.004 * total) {
                System.out.printf("    %5.1f %% %8.1f µs  %s  %s%n", 100 * time / total, time / 1e3, label,
                        node != null && node.op() instanceof Conv conv ? convolution(node, conv, shapes, time) : kind);
            }
        });
        byKind.forEach((kind, share) -> System.out.printf("    %5.1f %%  all %s%n", 100 * share, kind));
    }

    private static String convolution(Node node, Conv conv, Map<String, Shape> shapes, long nanoseconds) {
        Shape w = shapes.get(node.input(1));
        Shape y = shapes.get(node.output());
        long macs = (long) y.size() * w.size() / w.dim(0);
        return "Conv " + w + (conv.groups() > 1 ? " in " + conv.groups() + " groups" : "") + " stride " + conv.stride().h() + " → " + y
                + String.format(", %.1f Gflop/s", 2.0 * macs / nanoseconds);
    }

    static Tensor noise(Shape shape) {
        Tensor tensor = Tensor.zeros(shape);
        Random random = new Random(1);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }

    /** Largest difference by the largest value. */
    private static double relativeDifference(float[] a, float[] b) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            difference = Math.max(difference, Math.abs((double) a[i] - b[i]));
            size = Math.max(size, Math.abs(b[i]));
        }
        return difference / size;
    }
}
