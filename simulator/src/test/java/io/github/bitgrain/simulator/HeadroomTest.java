package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HeadroomTest {
    private static final int INPUTS = 40;
    private static final int OUTPUTS = 17;

    /** A 1×1 convolution of 40 channels into 17 whose weights are all the same. */
    private static ChipProgram conv(Target target, int weight, int bias) {
        FilterLayout layout = new FilterLayout(OUTPUTS, INPUTS, 1, false, target.blockedWeights() ? 16 : FilterLayout.PLAIN);
        long[] weights = new long[OUTPUTS * INPUTS];
        Arrays.fill(weights, weight);
        long[] biases = new long[OUTPUTS];
        Arrays.fill(biases, bias);
        return ChipProgram.builder()
                .node(new ChipNode("conv", "Conv", "", List.of("x", "w", "b"), List.of("y"), attributes()))
                .parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(1, 1, INPUTS, OUTPUTS), Exponents.of(-7), layout.annotation("HW"), weights))
                .parameter(ChipTensor.ofLongs("b", ElementType.INT32, List.of(OUTPUTS), Exponents.of(-14), "UNK", biases))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 1, 2, INPUTS), -7))
                .value(new ChipValue("y", ElementType.INT8, List.of(1, 1, 2, OUTPUTS), 0))
                .input("x")
                .output("y")
                .build();
    }

    private static TreeMap<String, ChipAttribute> attributes() {
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        return attributes;
    }

    private static Headroom.Layer watch(ChipProgram program, Target target, int x) {
        Simulator simulator = new Simulator(program, target);
        Headroom.Watch watch = new Headroom.Watch(simulator, false);
        simulator.observe(watch);
        int[] input = new int[2 * INPUTS];
        Arrays.fill(input, x);
        simulator.setInput("x", input);
        simulator.run();
        return watch.layers().getFirst();
    }

    @Test
    void thirtyThreeLargestProductsFillALaneOfTheS3AndTheTailKeepsItsRoom() {
        Headroom.Layer layer = watch(conv(Target.ESP32S3, 127, 0), Target.ESP32S3, 127);
        // 32 · 127² = 516128 fits 20 bits, the 33rd product and the seven behind it do not; two pixels.
        Headroom.Channel lane = layer.channels().getFirst();
        assertEquals(new Headroom.Channel(0, 20, 524287 + 127 * 127, -1, 2 * 8), lane);
        // The tail adds three dot products into 40 bits: 645160 needs 21.
        assertEquals(new Headroom.Channel(16, 40, 40 * 127 * 127, 19, 0), layer.channels().getLast());
        assertEquals(16 * 2 * 8, layer.saturated());
        assertEquals(2 * INPUTS, layer.additions());
        assertEquals(20, layer.laneBits());
        assertEquals(-1, layer.bitsLeft());
    }

    /** 3 × 3 over 12 channels of 4 × 4 pixels, into 17 channels whose weights push sums up first and then down. */
    @ParameterizedTest
    @EnumSource(Headroom.Sums.class)
    void peaksAreThoseOfSumsInTheOrderOfTheChip(Headroom.Sums sums) {
        int size = 4;
        int inputs = 12;
        int taps = 9;
        SplittableRandom random = new SplittableRandom(7);
        int[] weights = IntStream.range(0, OUTPUTS * inputs * taps).map(i -> (i % taps < 5 ? 1 : -1) * random.nextInt(80, 128)).toArray();
        int[] x = IntStream.range(0, size * size * inputs).map(i -> random.nextInt(80, 128)).toArray();
        FilterLayout layout = new FilterLayout(OUTPUTS, inputs, taps, false, 16);
        int[] places = layout.unpack(IntStream.range(0, weights.length).toArray());
        long[] stored = new long[weights.length];
        IntStream.range(0, weights.length).forEach(i -> stored[places[i]] = weights[i]);
        TreeMap<String, ChipAttribute> attributes = attributes();
        attributes.put("pads", new ChipAttribute.Ints(List.of(1L, 1L, 1L, 1L)));
        ChipProgram program = ChipProgram.builder()
                .node(new ChipNode("conv", "Conv", "", List.of("x", "w"), List.of("y"), attributes))
                .parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(3, 3, inputs, OUTPUTS), Exponents.of(-7), layout.annotation("HW"), stored))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, size, size, inputs), -7))
                .value(new ChipValue("y", ElementType.INT8, List.of(1, size, size, OUTPUTS), 0))
                .input("x")
                .output("y")
                .build();
        Simulator simulator = new Simulator(program, Target.ESP32S3);
        Headroom.Watch watch = new Headroom.Watch(simulator, true, sums);
        simulator.observe(watch);
        simulator.setInput("x", x);
        simulator.run();
        Headroom.Layer layer = watch.layers().getFirst();
        for (int n = 0; n < OUTPUTS - 1; n++) {
            long peak = 0;
            long beyond = 0;
            for (int pixel = 0; pixel < size * size; pixel++) {
                long sum = 0;
                for (int tap = 0; tap < taps; tap++) {
                    int iy = pixel / size + tap / 3 - 1;
                    int ix = pixel % size + tap % 3 - 1;
                    for (int c = 0; c < inputs && iy >= 0 && iy < size && ix >= 0 && ix < size; c++) {
                        sum += (long) x[(iy * size + ix) * inputs + c] * weights[(n * inputs + c) * taps + tap];
                        peak = Math.max(peak, sum < 0 ? -1 - sum : sum);
                        long held = Math.clamp(sum, -(1L << 19), (1L << 19) - 1);
                        beyond += held == sum ? 0 : 1;
                        sum = sums == Headroom.Sums.AS_CHIP ? held : sum;
                    }
                }
            }
            assertEquals(new Headroom.Channel(n, 20, peak, 19 - (Long.SIZE - Long.numberOfLeadingZeros(peak)), beyond), layer.channels().get(n));
        }
        assertTrue(layer.saturated() > 0);
    }

    @Test
    void negativeSumsAndTheBiasCount() {
        // −128 · 127 · 32 − 4352 = −524544 leaves the range by 256, at the last of 32 products already.
        Headroom.Channel lane = watch(conv(Target.ESP32S3, 127, -4352), Target.ESP32S3, -128).channels().getFirst();
        assertEquals(2 * 9, lane.saturated());
        assertEquals(0, watch(conv(Target.ESP32P4, 127, -4352), Target.ESP32P4, -128).saturated());
        assertEquals(32 - 21, watch(conv(Target.C, 127, -4352), Target.C, -128).bitsLeft());
    }

    @Test
    void theBoundIsTheSumOfAbsoluteWeightsTimesTheLargestInputPlusTheBias() {
        Headroom.Layer layer = Headroom.bound(conv(Target.ESP32S3, -100, -7), Target.ESP32S3).getFirst();
        assertEquals(40 * 100 * 128 + 7, layer.channels().getFirst().peak());
        assertEquals(0, layer.bitsLeft());
        assertEquals(20, layer.channels().getFirst().laneBits());
        assertEquals(20, layer.channels().getLast().bitsLeft());
        assertEquals(-1, Headroom.bound(conv(Target.ESP32S3, -127, -7), Target.ESP32S3).getFirst().bitsLeft());
    }

    @Test
    void whatTheWeightsProveIsNotWatched() {
        assertFalse(new Headroom.Watch(new Simulator(conv(Target.ESP32S3, 100, 0), Target.ESP32S3), true).isNeeded());
        assertTrue(new Headroom.Watch(new Simulator(conv(Target.ESP32S3, 127, 0), Target.ESP32S3), true).isNeeded());
        assertFalse(new Headroom.Watch(new Simulator(conv(Target.ESP32P4, 127, 0), Target.ESP32P4), true).isNeeded());
    }

    @Test
    void productsOfTwoValuesAreBoundByTheirLengthAndWatchedInRuns() {
        ChipProgram program = ChipProgram.builder()
                .node(new ChipNode("product", "MatMul", "", List.of("x", "z"), List.of("y"), attributes()))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 2, INPUTS), -7))
                .value(new ChipValue("z", ElementType.INT8, List.of(1, INPUTS, 16), -7))
                .value(new ChipValue("y", ElementType.INT8, List.of(1, 2, 16), 0))
                .input("x")
                .input("z")
                .output("y")
                .build();
        assertEquals(INPUTS * 128L * 128, Headroom.bound(program, Target.ESP32S3).getFirst().channels().getFirst().peak());
        Simulator simulator = new Simulator(program, Target.ESP32S3);
        Headroom.Watch watch = new Headroom.Watch(simulator, true);
        simulator.observe(watch);
        simulator.setInput("x", IntStream.generate(() -> 127).limit(2 * INPUTS).toArray());
        simulator.setInput("z", IntStream.generate(() -> 127).limit(16 * INPUTS).toArray());
        simulator.run();
        assertEquals(16 * 2 * 8, watch.layers().getFirst().saturated());
        assertEquals(16, watch.layers().getFirst().channels().size());
    }
}
