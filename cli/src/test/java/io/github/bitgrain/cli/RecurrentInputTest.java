package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyTest;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences with time first, [T, 1, F], as recurrent layers of PyTorch take them by default. */
class RecurrentInputTest {
    private static final int STEPS = 6;
    private static final int FEATURES = 4;
    private static final int HIDDEN = 8;
    private static final int SAMPLES = 40;

    @TempDir
    Path folder;

    private Path model;

    private static Tensor random(Random random, Shape shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian() / 2;
        }
        return tensor;
    }

    @BeforeEach
    void write() {
        Random random = new Random(5);
        Parameters parameters = new Parameters();
        parameters.put("w", random(random, Shape.of(1, 4 * HIDDEN, FEATURES)));
        parameters.put("r", random(random, Shape.of(1, 4 * HIDDEN, HIDDEN)));
        parameters.put("b", random(random, Shape.of(1, 8 * HIDDEN)));
        Graph graph = Graph.builder("g").input("x", Shape.of(STEPS, 1, FEATURES))
                .node("lstm", new Lstm(HIDDEN, Direction.FORWARD, null), List.of("x", "w", "r", "b"), "all")
                .node("one", new Squeeze(List.of(1)), List.of("all"), "y").output("y").build();
        model = folder.resolve("lstm.onnx");
        OnnxWriter.write(new Model(graph, parameters), model);
    }

    private Path data(List<Integer> shape) throws IOException {
        float[] values = random(new Random(6), Shape.of(SAMPLES * STEPS * FEATURES)).data();
        Path file = folder.resolve("x.npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, shape).write(values);
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void samplesAreSequences(boolean asExported) throws IOException {
        String data = data(asExported ? List.of(SAMPLES, STEPS, 1, FEATURES) : List.of(SAMPLES, STEPS, FEATURES)).toString();
        String chip = folder.resolve("lstm.espdl").toString();
        CommandRun quantized = CommandRun.of("quantize", model.toString(), "--calib", data, "--eval", data, "--metric", "snr", "-o", chip, "--json");
        double noise = quantized.json().get("accuracy").get("chip").asDouble();
        assertTrue(noise < 0.005, "noise " + noise);
        assertTrue(quantized.err().contains("input \"x\" [6, 1, 4]: axis 1 counts samples and goes to the front, [1, 6, 4]; elements keep their order"), quantized.err());
        assertTrue(quantized.err().contains("output \"y\" [6, 1, 8]: axis 1 counts samples and goes to the front, [1, 6, 8]"), quantized.err());
        double again = CommandRun.of("evaluate", chip, "--data", data, "--reference", model.toString(), "--metric", "snr", "--json").json().get("metrics").get("snr").asDouble();
        assertEquals(noise, again, 1e-9);
        ChipProgram program = EspdlReader.read(Path.of(chip));
        assertEquals(List.of(1, STEPS, FEATURES), program.value("x").shape());
    }

    /** Arguments of gates beyond ±64 turn into their opposites at the chip's usual exponent. */
    @Test
    void gatesHoldLargeArguments() throws IOException {
        String data = data(List.of(SAMPLES, STEPS, FEATURES)).toString();
        String chip = folder.resolve("lstm.espdl").toString();
        CommandRun quantized = CommandRun.of("quantize", model.toString(), "--calib", data, "--eval", data, "--scale", "100", "--metric", "snr", "-o", chip, "--json");
        assertTrue(noise(quantized, "chip") < 1.1 * noise(quantized, "ptq"), quantized.out());
        assertEquals(-6, EspdlReader.read(Path.of(chip)).nodes().stream().filter(node -> node.opType().equals("LSTM")).findFirst().orElseThrow().integer("gate_exponent", 0));
        CommandRun parity = CommandRun.of("quantize", model.toString(), "--calib", data, "--eval", data, "--scale", "100", "--metric", "snr", "-o", chip, "--json",
                "--profile", "parity");
        assertTrue(noise(parity, "chip") > 2 * noise(parity, "ptq"), "as ESP-PPQ: " + parity.out());
    }

    /** Two cells written as layers, as exporters do for one step; the second one is read behind the first layer, and a magnitude is often exactly 0. */
    @Test
    void statesOfLayersAreTrainedToo() throws IOException {
        Random random = new Random(5);
        Parameters parameters = new Parameters();
        for (String weight : List.of("w1", "w2", "w3")) {
            parameters.put(weight, random(random, Shape.of(HIDDEN, HIDDEN)));
        }
        Graph graph = Graph.builder("g").input("x", Shape.of(1, HIDDEN)).input("state", Shape.of(2, 1, HIDDEN))
                .node("h", new Gather(0, List.of(0), Shape.of()), List.of("state"), "h").node("c", new Gather(0, List.of(1), Shape.of()), List.of("state"), "c")
                .node("first", new Gemm(1, 1, false, true), List.of("x", "w1"), "a").node("square", new Mul(), List.of("a", "a"), "aa").node("size", new Sqrt(), List.of("aa"), "m")
                .node("of_h", new Gemm(1, 1, false, true), List.of("h", "w2"), "b").node("sum", new Add(), List.of("m", "b"), "ab").node("tanh", new Tanh(), List.of("ab"), "t")
                .node("last", new Gemm(1, 1, false, true), List.of("t", "w3"), "l").node("y", new Add(), List.of("l", "c"), "y")
                .node("u", new Unsqueeze(List.of(0)), List.of("y"), "uy").node("v", new Unsqueeze(List.of(0)), List.of("t"), "ut")
                .node("next", new Concat(0), List.of("uy", "ut"), "next").output("y", "next").build();
        OnnxWriter.write(new Model(graph, parameters), model);
        Path data = NpyTest.npz(folder.resolve("xs.npz"), true, "x", NpyTest.floats(List.of(SAMPLES, HIDDEN), random(random, Shape.of(SAMPLES * HIDDEN)).data()),
                "state", NpyTest.floats(List.of(SAMPLES, 2, 1, HIDDEN), random(random, Shape.of(SAMPLES * 2 * HIDDEN)).data()));
        CommandRun trained = trained(data.toString(), 0);
        assertTrue(noise(trained, "tqt") < noise(trained, "ptq"), trained.out());
        assertEquals(noise(trained, "tqt"), noise(trained, "chip"), 1e-3 * noise(trained, "tqt"));
        assertEquals(noise(trained, "tqt"), noise(trained(data.toString(), 0), "tqt"));
        assertNotEquals(noise(trained, "tqt"), noise(trained(data.toString(), 1), "tqt"), "another seed mixes other samples");
    }

    private static double noise(CommandRun run, String stage) throws IOException {
        return run.json().get("accuracy").get(stage).asDouble();
    }

    private CommandRun trained(String data, int seed) {
        return CommandRun.of("quantize", model.toString(), "--calib", data, "--eval", data, "--metric", "snr", "-o", folder.resolve("trained.espdl").toString(), "--json",
                "--tqt", "--set", "tqt_optimization_setting.steps=50", "--set", "tqt_optimization_setting.output_steps=20", "--seed", String.valueOf(seed));
    }

    @Test
    void trainingTakesSeveralSequencesAtOnce() throws IOException {
        String data = data(List.of(SAMPLES, STEPS, 1, FEATURES)).toString();
        double noise = noise(trained(data, 0), "chip");
        assertTrue(noise < 0.005, "noise " + noise);
    }
}
