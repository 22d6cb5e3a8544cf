package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Channels, height and width of the same extent: shapes do not tell which order of axes a value has. */
class EqualAxesTest {
    private static final int SIDE = 6;
    private static final int SAMPLES = 40;

    @TempDir
    Path folder;

    private static Tensor random(Random random, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian() / 2;
        }
        return tensor;
    }

    /** Operators in a row; those of two operands have the weight {@code w}. */
    private static Model network(Shape x, Tensor weight, Op... ops) {
        Graph.Builder graph = Graph.builder("net").input("x", x);
        String value = "x";
        for (int i = 0; i < ops.length; i++) {
            String next = i == ops.length - 1 ? "y" : "v" + i;
            graph.node("n" + i, ops[i], ops[i] instanceof Conv || ops[i] instanceof MatMul ? List.of(value, "w") : List.of(value), next);
            value = next;
        }
        return new Model(graph.output("y").build(), new Parameters().put("w", weight));
    }

    static Stream<Arguments> networks() {
        Random random = new Random(3);
        Conv line = new Conv(Size.ONE, new Pads(0, 1, 0, 1), Size.ONE, 1);
        Conv map = new Conv(Size.ONE, Pads.all(1), Size.ONE, 1);
        Shape lines = Shape.of(1, SIDE, SIDE);
        Shape maps = Shape.of(1, SIDE, SIDE, SIDE);
        Tensor lineWeight = random(random, SIDE, SIDE, 3);
        Tensor mapWeight = random(random, SIDE, SIDE, 3, 3);
        return Stream.of(
                Arguments.of("sequence", network(lines, lineWeight, line, new Relu())),
                Arguments.of("map", network(maps, mapWeight, map, new Relu())),
                Arguments.of("tokens", network(lines, random(random, SIDE, SIDE), new MatMul(), new Relu())),
                Arguments.of("sequence that is turned", network(lines, lineWeight, line, new Relu(), new Transpose(List.of(0, 2, 1)))),
                Arguments.of("turned before", network(lines, lineWeight, new Transpose(List.of(0, 2, 1)), line, new Relu())),
                Arguments.of("sequence of tokens", network(lines, random(random, SIDE, SIDE), new Transpose(List.of(0, 2, 1)), new MatMul(), new Relu())));
    }

    private String data(Shape sample, int count) throws IOException {
        List<Integer> shape = new ArrayList<>(List.of(count));
        for (int i = 1; i < sample.rank(); i++) {
            shape.add(sample.dim(i));
        }
        Path file = folder.resolve("x" + count + ".npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, shape).write(random(new Random(6), count * sample.size()).data());
        }
        return file.toString();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void theChipComputesWhatWasPlanned(String name, Model network) throws IOException {
        Path model = folder.resolve("net.onnx");
        OnnxWriter.write(network, model);
        String data = data(network.graph().inputs().get("x"), SAMPLES);
        String chip = folder.resolve("net.espdl").toString();
        CommandRun quantized = CommandRun.of("quantize", model.toString(), "--calib", data, "--eval", data, "--metric", "snr", "-o", chip, "--json");
        double planned = quantized.json().get("accuracy").get("ptq").asDouble();
        assertTrue(planned < 0.002, "planned " + planned);
        assertEquals(planned, quantized.json().get("accuracy").get("chip").asDouble(), 0.02 * planned);
        double measured = CommandRun.of("evaluate", chip, "--data", data, "--reference", model.toString(), "--metric", "snr", "--json").json().get("metrics").get("snr").asDouble();
        assertEquals(planned, measured, 0.02 * planned);
        double same = CommandRun.of("evaluate", chip, "--data", data, "--reference", chip, "--metric", "mse", "--json").json().get("metrics").get("mse").asDouble();
        assertEquals(0, same, "two chip models have one order");
    }

    /** Where both orders fit, simulate takes the chip's unless it is told. */
    @Test
    void theOrderMayBeSaid() throws IOException {
        Model network = (Model) networks().toList().getFirst().get()[1];
        Path model = folder.resolve("net.onnx");
        OnnxWriter.write(network, model);
        String chip = folder.resolve("net.espdl").toString();
        assertEquals(0, CommandRun.of("quantize", model.toString(), "--calib", data(network.graph().inputs().get("x"), SAMPLES), "-o", chip).exit());
        float[] values = random(new Random(7), SIDE * SIDE).data();
        float[] turned = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            turned[i % SIDE * SIDE + i / SIDE] = values[i];
        }
        assertArrayEquals(simulated(chip, values, "nchw"), simulated(chip, turned, "nhwc"));
    }

    private byte[] simulated(String chip, float[] values, String layout) throws IOException {
        Path file = folder.resolve(layout + ".npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.FLOAT32, List.of(SIDE, SIDE)).write(values);
        }
        Path results = folder.resolve(layout);
        CommandRun run = CommandRun.of("simulate", chip, "--input", file.toString(), "--layout", layout, "--output", results.toString());
        assertEquals(0, run.exit(), run.err());
        return Files.readAllBytes(results.resolve("y.npy"));
    }
}
