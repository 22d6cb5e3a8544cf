package io.github.bitgrain.benchmarks.peers;

import ai.onnxruntime.OrtException;
import io.github.bitgrain.benchmarks.Interleaved;
import io.github.bitgrain.cli.Main;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.Lifting;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Chip models: the exact simulation against the float executor on the network that {@code inspect --to-float} makes of them,
 * and that against ONNX Runtime; in turn in one process, one thread. Arguments: a target, {@code .espdl} files or names of
 * benchmark networks, and {@code profile} for the time by node kind. A benchmark network is quantized to 8 bits first, and ONNX
 * Runtime also runs what {@code quantize --qdq} writes of it, with unsigned 8-bit activations.
 */
public final class SimulationRatios {
    private static final int RUNS = 20;

    private SimulationRatios() {}

    /** Measures and prints tables in Markdown. */
    public static void main(String[] arguments) throws OrtException, IOException {
        Target target = Target.parse(arguments[0]);
        boolean profile = List.of(arguments).contains("profile");
        System.out.println("| network | M MAC | ONNX Runtime f32, u8 ms | f32 ms | simulation ms | f32 ÷ ONNX Runtime | simulation ÷ f32 |"
                + " simulation ÷ ONNX Runtime u8 | simulation GMAC/s |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        for (String argument : arguments) {
            if (argument.endsWith(".espdl")) {
                measure(Path.of(argument), null, target, profile);
            } else if (NetworkRatios.names().contains(argument)) {
                measureQuantized(argument, target, profile);
            }
        }
    }

    private static void measureQuantized(String name, Target target, boolean profile) throws OrtException, IOException {
        Path folder = Files.createTempDirectory("simulation");
        Path network = folder.resolve(name + ".onnx");
        Path samples = folder.resolve("samples.npy");
        Path chip = folder.resolve(name + ".espdl");
        Path qdq = folder.resolve(name + ".qdq.onnx");
        Model model = NetworkRatios.network(name);
        OnnxWriter.write(model, network);
        Tensor noise = NetworkRatios.noise(model.graph().inputs().values().iterator().next().with(0, 2));
        try (OutputStream out = Files.newOutputStream(samples)) {
            new NpyWriter(out, io.github.bitgrain.cli.data.ElementType.FLOAT32, Arrays.stream(noise.shape().dims()).boxed().toList()).write(noise.data());
        }
        String[] quantize = {"quantize", network.toString(), "--calib", samples.toString(), "--calib-batch", "1", "--target", target.id(), "--no-test-values",
            "-o", chip.toString(), "--qdq", qdq.toString(), "--json"};
        int exit = Main.run(quantize, new PrintWriter(OutputStream.nullOutputStream()), new PrintWriter(System.err, true));
        if (exit != 0) {
            throw new IllegalStateException(name + " could not be quantized: " + exit);
        }
        measure(chip, Files.readAllBytes(qdq), target, profile);
    }

    /** @param qdq the same network for ONNX Runtime, or null */
    private static void measure(Path file, byte[] qdq, Target target, boolean profile) throws OrtException {
        ChipProgram program = EspdlReader.read(file);
        byte[] onnx = OnnxWriter.write(Lifting.lift(program, target));
        Model model = OnnxReader.read(file.toString(), Path.of(""), onnx);
        Simulator simulator = new Simulator(program, target);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        Random random = new Random(1);
        for (String name : program.inputs()) {
            Shape shape = model.graph().inputs().get(name);
            float[] reals = new float[shape.size()];
            int exponent = program.value(name).exponent();
            for (int i = 0; i < reals.length; i++) {
                reals[i] = Math.scalb((float) Math.clamp(Math.round(40 * random.nextGaussian()), -128, 127), exponent);
            }
            inputs.put(name, new Tensor(shape, reals));
            simulator.setInput(name, reals);
        }
        long macs = macs(program);
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().threads(1));
                OnnxRuntimePeer peer = new OnnxRuntimePeer(onnx, inputs, 1);
                OnnxRuntimePeer peer8 = qdq == null ? null : new OnnxRuntimePeer(qdq, inputs, 1)) {
            List<Runnable> sides = new ArrayList<>(List.of(() -> executor.run(inputs), peer::run, simulator::run));
            if (peer8 != null) {
                sides.add(peer8::run);
            }
            double[] times = new Interleaved(false, 4, 11, 0.1).microseconds(sides.toArray(Runnable[]::new));
            System.out.printf("| %s | %d | %.1f%s | %.1f | %.1f | %.2f | %.2f | %s | %.1f |%n", file.getFileName(), macs / 1_000_000, times[1] / 1e3,
                    peer8 == null ? "" : String.format(", %.1f", times[3] / 1e3), times[0] / 1e3, times[2] / 1e3, times[1] / times[0], times[0] / times[2],
                    peer8 == null ? "" : String.format("%.2f", times[3] / times[2]), macs / times[2] / 1e3);
            if (profile) {
                printProfile("f32", kinds(model, executor.profile(inputs, RUNS)));
                printProfile("simulation", kinds(simulator));
            }
        }
    }

    private static long macs(ChipProgram program) {
        long macs = 0;
        for (ChipNode node : program.nodes()) {
            ChipTensor weight = node.inputs().size() < 2 ? null : program.parameters().get(node.inputs().get(1));
            List<Integer> shape = program.value(node.outputs().getFirst()).shape();
            long count = program.value(node.outputs().getFirst()).count();
            macs += switch (node.opType()) {
                case "Conv", "Gemm" -> count / shape.getLast() * weight.count();
                case "MatMul" -> count * program.value(node.inputs().getFirst()).shape().getLast();
                default -> 0;
            };
        }
        return macs;
    }

    private static Map<String, Double> kinds(Model model, Map<String, Long> times) {
        Map<String, Double> kinds = new TreeMap<>();
        Map<String, String> types = new HashMap<>();
        model.graph().nodes().forEach(node -> types.put(node.name(), node.op().getClass().getSimpleName()));
        times.forEach((name, time) -> kinds.merge(types.getOrDefault(name, "layout change"), time / 1e3, Double::sum));
        return kinds;
    }

    /** Microseconds by kind, of the fastest run of each node. */
    private static Map<String, Double> kinds(Simulator simulator) {
        Map<ChipNode, Long> fastest = new LinkedHashMap<>();
        long[] last = new long[1];
        simulator.observe((node, value, buffer) -> {
            long now = System.nanoTime();
            fastest.merge(node, now - last[0], Math::min);
            last[0] = System.nanoTime();
        });
        for (int i = 0; i < RUNS; i++) {
            last[0] = System.nanoTime();
            simulator.run();
        }
        simulator.observe((node, value, buffer) -> { });
        Map<String, Double> kinds = new TreeMap<>();
        fastest.forEach((node, time) -> kinds.merge(kind(node, simulator.program()), time / 1e3, Double::sum));
        return kinds;
    }

    private static String kind(ChipNode node, ChipProgram program) {
        boolean wide = program.value(node.outputs().getFirst()).type() == ElementType.INT16;
        String type = node.integer("group", 1) != 1 ? "Conv, depthwise" : node.opType();
        return wide ? type + ", 16 bit" : type;
    }

    private static void printProfile(String title, Map<String, Double> kinds) {
        double total = kinds.values().stream().mapToDouble(Double::doubleValue).sum();
        kinds.entrySet().stream().sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .filter(kind -> kind.getValue() > 0.003 * total)
                .forEach(kind -> System.out.printf("    %-11s %5.1f %% %9.0f µs  %s%n", title, 100 * kind.getValue() / total,
                        kind.getValue(), kind.getKey()));
    }
}
