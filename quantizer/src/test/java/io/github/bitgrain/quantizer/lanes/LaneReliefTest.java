package io.github.bitgrain.quantizer.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.simulator.Headroom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LaneReliefTest {
    private static final QuantizationOptions S3 = QuantizationOptions.plain(Target.ESP32S3).build();

    private static QuantizationResult calibrate(Model model, DataSource samples, QuantizationOptions options) {
        return Bitgrain.calibrate(model, samples, options, QuantizationListener.NONE);
    }

    private static ChipJudge judge(Model model, DataSource samples) {
        return new ChipJudge(model, ChipJudge.spread(samples), 2);
    }

    /** Noise of fake quantization, which knows no lanes. */
    private static double planned(Model model, QuantPlan plan, DataSource samples) {
        List<Map<String, Tensor>> batches = ChipJudge.spread(samples);
        Model quantized = FakeQuantization.insert(model, plan);
        try (Executor real = new Executor(model.graph(), model.parameters(), Executor.Options.defaults());
                Executor rounded = new Executor(quantized.graph(), quantized.parameters(), Executor.Options.defaults())) {
            return OutputError.noise(rounded, batches, batches.stream().map(real::run).toList()).score();
        }
    }

    private static long saturated(ChipJudge judge, QuantizationResult result) {
        return judge.headroom(result.model(), result.plan(), true).stream().mapToLong(Headroom.Layer::saturated).sum();
    }

    static Stream<Model> wideNetworks() {
        return Stream.of(WideSums.gemm(512), WideSums.gemm(1024), WideSums.conv(64));
    }

    @ParameterizedTest
    @MethodSource("wideNetworks")
    void sumsThatGoFarAndComeBackFitTheLanesAndTheChipAgreesWithThePlan(Model model) {
        DataSource samples = WideSums.samples(model);
        ChipJudge judge = judge(model, samples);
        QuantizationResult saturating = calibrate(model, samples, S3.edit().accumulatorHeadroom(false).build());
        QuantizationResult held = calibrate(model, samples, S3);
        assertTrue(saturated(judge, saturating) > 0);
        assertTrue(saturating.coarser().isEmpty());
        assertEquals(0, saturated(judge, held));
        double chip = judge.noise(held.model(), held.plan());
        double before = judge.noise(saturating.model(), saturating.plan());
        assertTrue(chip < before / 10, chip + " on the chip, " + before + " with saturation");
        assertEquals(planned(held.model(), held.plan(), samples), chip, 0.02 * chip);
        CoarserWeights layer = held.coarser().getFirst();
        assertEquals("wide", layer.node());
        assertEquals(20, layer.laneBits());
        assertTrue(layer.holds());
        Slot weights = Slot.input("wide", 1);
        assertEquals(saturating.plan().exponents(weights).single(), layer.before());
        assertEquals(held.plan().exponents(weights).single(), layer.after());
        Slot bias = Slot.input("wide", 2);
        if (held.plan().has(bias)) {
            assertEquals(held.plan().exponents(Slot.input("wide", 0)).single() + layer.after(), held.plan().exponents(bias).single());
        }
    }

    /** One sample in 48 leaves the lane, with the last of its 33 products and by 1.5 %; with a bit less every sum is off by 0.6 %. */
    @Test
    void aHandfulOfSaturatedProductsIsLeftAsItIs() {
        int inputs = 33;
        Model model = new Model(Graph.builder("few").input("x", Shape.of(1, inputs)).node("wide", new Gemm(1, 1, false, true), List.of("x", "w"), "y").output("y").build(),
                new Parameters().put("w", Tensor.filled(Shape.of(16, inputs), 0.99f)));
        Tensor x = WideSums.random(Shape.of(48, inputs), 0.3f, 0.95f, 2);
        Arrays.fill(x.data(), 0, inputs, 0.992f);
        DataSource samples = DataSource.of(Map.of("x", x));
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).calibration(Observers.MINMAX).calibBatch(48).threads(1).build();
        QuantizationResult result = calibrate(model, samples, options);
        assertTrue(saturated(judge(model, samples), result) > 0);
        assertEquals(List.of(), result.coarser());
        assertEquals(calibrate(model, samples, options.edit().accumulatorHeadroom(false).build()).plan().exponents(Slot.input("wide", 1)),
                result.plan().exponents(Slot.input("wide", 1)));
    }

    @Test
    void whereLanesHoldOrAreWideNothingChanges() {
        Model model = WideSums.gemm(16);
        DataSource samples = WideSums.samples(model);
        assertSamePlan(calibrate(model, samples, S3.edit().accumulatorHeadroom(false).build()), calibrate(model, samples, S3));
        Model wide = WideSums.gemm(512);
        QuantizationOptions p4 = QuantizationOptions.plain(Target.ESP32P4).build();
        assertSamePlan(calibrate(wide, WideSums.samples(wide), p4.edit().accumulatorHeadroom(false).build()), calibrate(wide, WideSums.samples(wide), p4));
    }

    private static void assertSamePlan(QuantizationResult expected, QuantizationResult found) {
        assertEquals(List.of(), found.coarser());
        for (Slot slot : expected.plan().slots()) {
            assertEquals(expected.plan().exponents(slot), found.plan().exponents(slot), slot::toString);
        }
    }

    @Test
    void productsOfTwoValuesStayAsTheyAre() {
        int inner = 64;
        Model model = new Model(Graph.builder("product").input("a", Shape.of(1, 2, inner)).input("b", Shape.of(1, inner, 16))
                .node("product", new MatMul(), List.of("a", "b"), "y").output("y").build(), new Parameters());
        DataSource samples = DataSource.of(Map.of("a", WideSums.random(Shape.of(16, 2, inner), 0.9f, 1, 1), "b", WideSums.random(Shape.of(16, inner, 16), 0.9f, 1, 2)));
        QuantizationResult result = calibrate(model, samples, S3);
        assertTrue(saturated(judge(model, samples), result) > 0);
        assertEquals(List.of(), result.coarser());
    }

    @Test
    void whatIsSeenDoesNotDependOnThreads() {
        Model model = WideSums.conv(64);
        DataSource samples = WideSums.samples(model);
        QuantPlan plan = calibrate(model, samples, S3.edit().accumulatorHeadroom(false).build()).plan();
        ChipJudge one = new ChipJudge(model, ChipJudge.spread(samples), 1);
        ChipJudge three = new ChipJudge(model, ChipJudge.spread(samples), 3);
        assertEquals(one.headroom(model, plan, false), three.headroom(model, plan, false));
        assertEquals(one.noise(model, plan), three.noise(model, plan));
    }

    @Test
    void theRoomIsWhatTheFarthestSumNeeds() {
        Model model = WideSums.gemm(512);
        DataSource samples = WideSums.samples(model);
        QuantPlan plan = calibrate(model, samples, S3.edit().accumulatorHeadroom(false).build()).plan();
        Headroom.Layer seen = judge(model, samples).headroom(model, plan, true).getFirst();
        long peak = seen.channels().stream().mapToLong(Headroom.Channel::peak).max().getAsLong();
        Slot weights = Slot.input("wide", 1);
        int needed = plan.exponents(weights).single();
        while (Math.ceilDiv(peak + 1, 1L << needed - plan.exponents(weights).single()) > 1 << 19) {
            needed++;
        }
        assertTrue(needed > plan.exponents(weights).single());
        // Measured where it saturates, a layer may stay as it is and not become finer.
        LaneRoom present = new LaneRelief(model, samples, 1).room(model, plan);
        assertTrue(present.isLimited());
        assertTrue(present.holds(plan));
        assertFalse(present.holds(with(plan, weights, plan.exponents(weights).single() - 1)));
        QuantPlan fits = with(plan, weights, needed);
        LaneRoom room = new LaneRelief(model, samples, 1).room(model, fits);
        assertTrue(room.holds(fits));
        assertFalse(room.holds(plan));
        assertFalse(room.holds(with(fits, Slot.input("wide", 0), plan.exponents(Slot.input("wide", 0)).single() - 1)), "a finer input fills the lane as well");
        assertTrue(LaneRoom.UNLIMITED.holds(plan));
    }

    private static QuantPlan with(QuantPlan plan, Slot slot, int exponent) {
        return plan.edit().exponents(plan.root(slot), Exponents.of(exponent)).build();
    }

    @Test
    void theNoteNamesLayerStepsAndReason() {
        assertEquals("conv2d: weights one step coarser (exponent -9 -> -8), so that its 20-bit accumulators hold",
                new CoarserWeights("conv2d", 20, -9, -8, true).text());
        assertEquals("fc: weights 3 steps coarser (exponent -9 -> -6), so that its 20-bit accumulators saturate less",
                new CoarserWeights("fc", 20, -9, -6, false).text());
    }
}
