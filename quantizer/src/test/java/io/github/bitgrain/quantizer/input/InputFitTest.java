package io.github.bitgrain.quantizer.input;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class InputFitTest {
    private static final int SAMPLES = 16;
    private static final Conv PLAIN = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
    private static final Conv PADDED = new Conv(Size.ONE, Pads.all(1), Size.ONE, 1);
    private static final InputLevels UNIT = levels(0, 1);

    private final Random random = new Random(5);
    private final Parameters parameters = new Parameters();
    private final List<Node> nodes = new ArrayList<>();
    private String value = "x";

    private static InputLevels levels(double first, double last) {
        return new InputLevels(new float[] {(float) first}, new float[] {(float) last});
    }

    private String normal(String name, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        parameters.put(name, tensor);
        return name;
    }

    private String constant(String name, float... values) {
        parameters.put(name, values.length == 1 ? Tensor.scalar(values[0]) : new Tensor(Shape.of(values.length, 1, 1), values));
        return name;
    }

    private InputFitTest node(Op op, String... operands) {
        List<String> inputs = new ArrayList<>(List.of(value));
        inputs.addAll(List.of(operands));
        return node(op, inputs);
    }

    private InputFitTest node(Op op, List<String> inputs) {
        String result = "v" + nodes.size();
        nodes.add(new Node("n" + nodes.size(), op, inputs, List.of(result)));
        value = result;
        return this;
    }

    private Model model(int... input) {
        return new Model(Graph.builder("net").input("x", Shape.of(input)).nodes(List.copyOf(nodes)).output(value).build(), parameters);
    }

    /** Bytes through the affine map that the levels describe. */
    private DataSource bytes(InputLevels levels, int... sample) {
        Tensor tensor = Tensor.zeros(Shape.of(sample).prepend(SAMPLES));
        int inner = tensor.size() / SAMPLES / sample[0];
        for (int i = 0; i < tensor.size(); i++) {
            int channel = i / inner % sample[0] % levels.channels();
            tensor.data()[i] = (float) (levels.first()[channel] + random.nextInt(256) * levels.step(channel));
        }
        return DataSource.of(Map.of("x", tensor));
    }

    private static Tensor run(Model model, Map<String, Tensor> inputs) {
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults())) {
            return executor.run(inputs).values().iterator().next().copy();
        }
    }

    /** The fitted network computes the same, and with its maps in front it takes the same. */
    private InputFit fit(Model model, DataSource data, InputLevels levels) {
        InputFit fit = InputFit.of(model, data, levels == null ? Map.of() : Map.of("x", levels));
        assertEquals(Map.of(), fit.left());
        Tensor expected = run(model, data.read(0, SAMPLES));
        float bound = 0;
        for (float each : expected.data()) {
            bound = Math.max(bound, 1e-4f * Math.abs(each));
        }
        assertArrayEquals(expected.data(), run(fit.model(), fit.data(data).read(0, SAMPLES)).data(), bound);
        assertArrayEquals(expected.data(), run(InputFit.withMaps(fit.model(), fit.maps(), false), data.read(0, SAMPLES)).data(), bound);
        return fit;
    }

    private static void assertIntegers(InputFit fit, DataSource data) {
        for (float each : fit.data(data).read(0, SAMPLES).get("x").data()) {
            assertEquals(Math.rint(each), each, 1e-3);
            assertTrue(Math.rint(each) >= -128 && Math.rint(each) <= 127, () -> "value " + each);
        }
    }

    @Property(tries = 60)
    void bytesBecomeTheIntegersOfTheChipWhateverTheConvolutionDoes(
            @ForAll @IntRange(min = 1, max = 3) int groups, @ForAll @IntRange(max = 2) int pad, @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll @IntRange(max = 255) int zero, @ForAll boolean biased, @ForAll boolean inverted) {
        InputFitTest net = new InputFitTest();
        Conv conv = new Conv(new Size(stride, 1), new Pads(pad, 0, 1, pad), Size.ONE, groups);
        net.normal("w", 2 * groups, 2, 3, 2);
        net.node(conv, biased ? List.of("x", "w", net.normal("b", 2 * groups)) : List.of("x", "w")).node(new Relu());
        double step = inverted ? -0.013 : 0.013;
        InputLevels levels = levels(-zero * step, (255 - zero) * step);
        DataSource data = net.bytes(levels, 2 * groups, 6, 5);
        InputFit fit = net.fit(net.model(1, 2 * groups, 6, 5), data, levels);
        assertIntegers(fit, data);
        assertEquals(1, fit.maps().get("x").channels());
        assertEquals(1, fit.model().graph().nodes().stream().filter(node -> node.op() instanceof Pad).count());
        Pad border = (Pad) fit.model().graph().nodes().getFirst().op();
        assertEquals(zero - 128, border.value());
    }

    @Test
    void needsNoPadWhereTheLayerHasNoBorder() {
        normal("w", 4, 3, 3, 3);
        node(PLAIN, "w");
        DataSource data = bytes(UNIT, 3, 6, 6);
        InputFit fit = fit(model(1, 3, 6, 6), data, UNIT);
        assertIntegers(fit, data);
        assertEquals(1, fit.model().graph().nodes().size());
    }

    @Test
    void channelsWithMeansOfTheirOwnBecomeBytesWhereNothingIsPadded() {
        normal("w", 4, 3, 3, 3);
        node(PLAIN, "w");
        InputLevels levels = new InputLevels(new float[] {-2.1f, -2.0f, -1.8f}, new float[] {2.2f, 2.4f, 2.6f});
        DataSource data = bytes(levels, 3, 6, 6);
        assertIntegers(fit(model(1, 3, 6, 6), data, levels), data);
    }

    @Test
    void aPaddedLayerBehindChannelsWithMeansOfTheirOwnGetsOneBorderForAll() {
        normal("w", 4, 3, 3, 3);
        node(PADDED, "w");
        InputLevels levels = new InputLevels(new float[] {-2.1f, -2.0f, -1.8f}, new float[] {2.2f, 2.4f, 2.6f});
        DataSource data = bytes(levels, 3, 6, 6);
        InputFit fit = fit(model(1, 3, 6, 6), data, levels);
        InputMap map = fit.maps().get("x");
        for (int c = 0; c < 3; c++) {
            assertEquals(map.offset(0), map.offset(c), 1e-9);
            assertEquals(Math.rint(map.offset(c)), map.offset(c), 1e-9);
            assertTrue(map.apply(levels.first()[c], c) > -128.5 && map.apply(levels.last()[c], c) < 127.5);
        }
        // A scale of 1/32, the power of two that holds 2.6, has 32 steps for 1.
        assertTrue(map.gain(0) > 50 && map.gain(2) > 50, () -> "gains " + map.gain(0) + ", " + map.gain(2));
    }

    @Test
    void scalingInsideTheNetworkGoesAsWell() {
        normal("w", 4, 3, 3, 3);
        node(new Div(), constant("k", 255)).node(new Sub(), constant("m", 0.5f, 0.4f, 0.45f)).node(new Mul(), constant("s", 4, 5, 4.5f))
                .node(PLAIN, "w", normal("b", 4)).node(new Relu());
        InputLevels raw = levels(0, 255);
        DataSource data = bytes(raw, 3, 6, 6);
        InputFit fit = fit(model(1, 3, 6, 6), data, raw);
        assertIntegers(fit, data);
        assertEquals(List.of("Conv", "Relu"), fit.model().graph().nodes().stream().map(each -> each.op().onnxType()).toList());
    }

    @Test
    void aPadOfItsOwnGetsTheNewBorder() {
        normal("w", 4, 3, 3, 3);
        node(new Add(), constant("m", 0.25f)).node(new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 0), List.of(0, 0, 0, 1), 0.75f)).node(PLAIN, "w");
        DataSource data = bytes(UNIT, 3, 6, 6);
        InputFit fit = fit(model(1, 3, 6, 6), data, UNIT);
        // 0.5 is byte 127.5, which lies half a step beside an integer.
        assertEquals(-0.5f, ((Pad) fit.model().graph().nodes().getFirst().op()).value(), 1e-4f);
    }

    @Test
    void batchNormalizationInFrontGoesIntoTheLayer() {
        normal("w", 4, 2, 1, 1);
        parameters.put("scale", Tensor.vector(2, 0.5f)).put("bias", Tensor.vector(1, -1)).put("mean", Tensor.vector(0.5f, 0.3f)).put("var", Tensor.vector(1, 4));
        node(new BatchNorm(1e-5f, 0.9f, false), "scale", "bias", "mean", "var").node(PLAIN, "w");
        DataSource data = bytes(UNIT, 2, 4, 4);
        InputFit fit = fit(model(1, 2, 4, 4), data, UNIT);
        assertIntegers(fit, data);
        assertEquals(1, fit.model().graph().nodes().size());
    }

    @Test
    void matricesTakeUpWhatTheyRead() {
        node(new Reshape(List.of(-1L, 24L), false)).node(new Gemm(0.5f, 2, false, true), normal("w", 5, 24), normal("b", 5));
        InputFit fit = fit(model(1, 2, 3, 4), bytes(UNIT, 2, 3, 4), UNIT);
        assertIntegers(fit, bytes(UNIT, 2, 3, 4));
        // 1 / 128 holds 1, a byte is 1 / 255.
        assertEquals(Math.pow(255 / 128.0, 2), fit.gain("x"), 1e-6);
    }

    @Test
    void channelsThatAreAlikeMayBeMixed() {
        node(new Reshape(List.of(-1L, 24L), false)).node(new Gemm(1, 1, false, true), normal("w", 5, 24), normal("b", 5));
        InputLevels alike = new InputLevels(new float[] {-1, -1}, new float[] {2, 2});
        assertIntegers(fit(model(1, 2, 3, 4), bytes(alike, 2, 3, 4), alike), bytes(alike, 2, 3, 4));
    }

    @Test
    void matricesWithoutBiasGetOne() {
        node(new Gemm(1, 0, false, false), normal("w", 24, 5));
        fit(model(1, 24), bytes(UNIT, 24), UNIT);
    }

    @Test
    void productsGetTheBiasThatTheyLack() {
        node(new MatMul(), normal("w", 6, 5));
        InputFit fit = fit(model(1, 6), bytes(UNIT, 6), UNIT);
        assertEquals(List.of("Gemm"), fit.model().graph().nodes().stream().map(each -> each.op().onnxType()).toList());
    }

    @Test
    void recurrentLayersTakeUpWhatTheyRead() {
        node(new Transpose(List.of(1, 0, 2))).node(new Gru(3, Direction.FORWARD, true, null), normal("w", 1, 9, 6), normal("r", 1, 9, 3), normal("b", 1, 18));
        fit(model(1, 4, 6), bytes(UNIT, 4, 6), UNIT);
        InputFitTest without = new InputFitTest();
        without.node(new Transpose(List.of(1, 0, 2)))
                .node(new Lstm(3, Direction.BIDIRECTIONAL, null), without.normal("w", 2, 12, 6), without.normal("r", 2, 12, 3));
        without.fit(without.model(1, 4, 6), without.bytes(UNIT, 4, 6), UNIT);
    }

    @Test
    void aSharedWeightStaysForItsOtherReader() {
        normal("w", 2, 2, 1, 1);
        node(PLAIN, "w").node(PLAIN, "w");
        fit(model(1, 2, 4, 4), bytes(UNIT, 2, 4, 4), UNIT);
    }

    @Test
    void floatsGetTheRangeWithTheLeastError() {
        Tensor tensor = Tensor.zeros(Shape.of(SAMPLES, 1, 20, 20));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = i == 7 ? -120 : (float) Math.abs(3 * random.nextGaussian());
        }
        normal("w", 2, 1, 3, 3);
        node(PADDED, "w");
        DataSource data = DataSource.of(Map.of("x", tensor));
        InputFit fit = fit(model(1, 1, 20, 20), data, null);
        InputMap map = fit.maps().get("x");
        assertEquals(Math.rint(map.offset(0)), map.offset(0), 1e-9);
        double fitted = noise(map, tensor);
        double best = Double.POSITIVE_INFINITY;
        for (int e = -6; e < 2; e++) {
            best = Math.min(best, noise(new InputMap(new double[] {Math.scalb(1.0, -e)}, new double[] {0}), tensor));
        }
        assertEquals(best / fitted, fit.gain("x"), 0.05 * fit.gain("x"));
        assertTrue(fit.gain("x") > 1.25);
    }

    private static double noise(InputMap map, Tensor tensor) {
        double noise = 0;
        for (float each : tensor.data()) {
            double back = (Math.clamp(Math.rint(map.apply(each, 0)), -128, 127) - map.offset(0)) / map.gain(0);
            noise += (back - each) * (back - each);
        }
        return noise;
    }

    @Test
    void leavesWhatIsGoodAlready() {
        normal("w", 4, 3, 3, 3);
        node(PADDED, "w");
        InputLevels centred = levels(-127 / 128.0, 1);
        InputFit fit = InputFit.of(model(1, 3, 6, 6), bytes(centred, 3, 6, 6), Map.of("x", centred));
        assertEquals(Map.of("x", "8 bits hold it well as it is"), fit.left());
        DataSource data = bytes(centred, 3, 6, 6);
        assertSame(data, fit.data(data));
    }

    @Test
    void namesWhatStandsInTheWay() {
        node(new Relu());
        assertObstacle("Relu \"n0\" reads it, and has no weights and bias that could take up an offset", 1, 3, 6, 6);
        InputFitTest twice = new InputFitTest();
        twice.node(new Mul(), List.of("x", "x"));
        twice.assertObstacle("Mul \"n0\" reads it twice", 1, 4);
        InputFitTest computed = new InputFitTest();
        computed.normal("w", 1, 3, 1, 1);
        computed.node(PLAIN, "w").node(new MatMul(), List.of("x", "v0"));
        computed.assertObstacle("MatMul \"n1\" reads it, and has no weights and bias that could take up an offset", 1, 3, 6, 6);
    }

    private void assertObstacle(String why, int... input) {
        int[] sample = java.util.Arrays.copyOfRange(input, 1, input.length);
        InputFit fit = InputFit.of(model(input), bytes(UNIT, sample), Map.of("x", UNIT));
        assertEquals(Map.of("x", why), fit.left());
        assertFalse(fit.maps().containsKey("x"));
    }
}
