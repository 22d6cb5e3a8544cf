package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.lanes.ChipJudge;
import io.github.bitgrain.quantizer.lanes.LaneRelief;
import io.github.bitgrain.quantizer.lanes.WideSums;
import io.github.bitgrain.simulator.Headroom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneGuardTest {
    private static final TqtSetting FEW_STEPS = new TqtSetting(List.of(), 20, 0.01, 4, true, 0, 0, TqtSetting.Collecting.MEMORY, 0.008, true, true, true,
            20, 0.01, 0.25, 64, true, false, true);
    private static final QuantizationOptions S3 = QuantizationOptions.plain(Target.ESP32S3).tqt(FEW_STEPS).build();

    private static QuantizationResult train(Model model, boolean headroom) {
        return Bitgrain.quantize(model, WideSums.samples(model), S3.edit().accumulatorHeadroom(headroom).build(), QuantizationListener.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024})
    void trainedNetworksStayWithinTheirLanes(int inputs) {
        Model model = WideSums.gemm(inputs);
        ChipJudge judge = new ChipJudge(model, ChipJudge.spread(WideSums.samples(model)), 2);
        QuantizationResult held = train(model, true);
        QuantizationResult saturating = train(model, false);
        double chip = judge.noise(held.model(), held.plan());
        double before = judge.noise(saturating.model(), saturating.plan());
        assertTrue(chip < before / 10, chip + " on the chip, " + before + " with saturation");
        assertTrue(chip <= judge.noise(held.calibrated(), held.calibratedPlan()), "training made the chip's results worse");
        assertEquals(0, judge.headroom(held.model(), held.plan(), true).stream().mapToLong(Headroom.Layer::saturated).sum());
        assertEquals("wide", held.coarser().getFirst().node());
        assertEquals(held.plan().exponents(Slot.input("wide", 1)).single(), held.coarser().getFirst().after());
    }

    @Test
    void whereNothingSaturatesTheSameNetworkIsTrained() {
        Model model = WideSums.gemm(24);
        QuantizationResult with = train(model, true);
        QuantizationResult without = train(model, false);
        assertEquals(List.of(), with.coarser());
        with.plan().slots().forEach(slot -> assertEquals(without.plan().exponents(slot), with.plan().exponents(slot), slot::toString));
        with.model().parameters().names().forEach(name ->
                assertArrayEquals(without.model().parameters().get(name).data(), with.model().parameters().get(name).data(), name));
    }

    /**
     * Lanes hold as calibrated; training finds finer weights better, which fill them. Coarser ones and more training do not make up for that here, so that the
     * calibrated network is trained again within its lanes.
     */
    @Test
    void whatSaturatesOnlyAfterTrainingGetsRoomAndIsTrainedAgain() {
        Model model = WideSums.gemm(512);
        DataSource data = WideSums.samples(model);
        QuantPlan plan = Bitgrain.calibrate(model, data, S3, QuantizationListener.NONE).calibratedPlan();
        List<String> stages = new ArrayList<>();
        ImprovedTqt run = new ImprovedTqt(model, model, plan, new LaneRelief(model, data, 2), List.of(), Samples.split(Batches.all(data, 16), 0.25, 64), FEW_STEPS,
                QuantizationListener.NONE, 2);
        run.probe = (stage, error, kept) -> stages.add(kept ? stage : "not " + stage);
        QuantizedTwin twin = run.run();
        assertFalse(stages.contains("lanes"), stages::toString);
        assertTrue(stages.contains("lanes after training"), stages::toString);
        assertTrue(stages.stream().anyMatch(stage -> stage.endsWith("output within lanes")), stages::toString);
        assertTrue(stages.contains("not trained within lanes"), stages::toString);
        assertTrue(stages.lastIndexOf("output") > stages.indexOf("not trained within lanes"), stages::toString);
        assertTrue(twin.isLimited());
        ChipJudge judge = new ChipJudge(model, ChipJudge.spread(data), 2);
        assertEquals(0, judge.headroom(twin.current(), twin.plan(), true).stream().mapToLong(Headroom.Layer::saturated).sum());
        assertTrue(judge.noise(twin.current(), twin.plan()) < judge.noise(model, plan), "training gained nothing");
        assertEquals("wide", run.coarser().getFirst().node());
    }

    @Test
    void exponentsAndThresholdsKeepTheRoomOnceLanesLimitThem() {
        Model model = WideSums.gemm(512);
        DataSource samples = WideSums.samples(model);
        QuantPlan plan = Bitgrain.calibrate(model, samples, S3, QuantizationListener.NONE).calibratedPlan();
        Slot weights = Slot.input("wide", 1);
        int held = plan.exponents(weights).single();
        QuantizedTwin twin = new QuantizedTwin(model, plan);
        new ExponentSearch(twin, 1).leastWeightError();
        assertTrue(twin.plan().exponents(weights).single() < held, "without limits the weights' own error decides");
        twin.takeOver(plan);
        twin.limit(new LaneRelief(model, samples, 1).room(model, plan));
        new ExponentSearch(twin, 1).leastWeightError();
        assertEquals(held, twin.plan().exponents(weights).single());
        float[] alpha = twin.parameters().get(FakeQuantization.alpha(weights)).data();
        alpha[0] = held - 0.4f;
        twin.keepRoom();
        assertEquals(held - 0.4f, alpha[0], "rounds to what is held");
        alpha[0] = held - 1.2f;
        twin.keepRoom();
        assertEquals(held, alpha[0]);
    }
}
