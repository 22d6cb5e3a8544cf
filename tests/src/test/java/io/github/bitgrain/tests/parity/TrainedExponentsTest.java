package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.testing.SharedData;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exponents that training moves are part of what it gains: put back, with the trained weights kept, the output gets worse. */
class TrainedExponentsTest {
    private static final int SAMPLES = 500;

    @ParameterizedTest
    @CsvSource({"ESP32S3, kl", "ESP32P4, kl"})
    void undoingTheMovesOfExponentsIsWorse(Target target, String calibration) {
        GoldenModel golden = GoldenModel.of("mbv2");
        DataSource samples = GoldenModel.images(SharedData.path("golden/esp-ppq/data/mbv2/val_x.npy")).range(0, SAMPLES);
        TqtSetting best = TqtSetting.IMPROVED;
        // Channel ranges as they are: exponents before and after then belong to the same network.
        TqtSetting setting = new TqtSetting(best.interestedLayers(), 100, best.lr(), best.blockSize(), best.scaleTrainable(), best.gamma(), best.intLambda(),
                best.collecting(), best.alphaLr(), best.exponentSearch(), best.livePassive(), false, 100, best.outputLr(), best.holdOut(),
                best.trainedSamples(), best.channelWeighting(), best.shiftPadded(), best.weightCompensation());
        QuantizationResult result = Bitgrain.quantize(golden.model(), golden.calibration(), QuantizationOptions.plain(target)
                .calibration(calibration).calibBatch(golden.batch()).calibSteps(16).tqt(setting).build(), QuantizationListener.NONE);

        QuantPlan trained = result.plan();
        assertEquals(result.calibratedPlan().slots(), trained.slots());
        QuantPlan.Builder undone = trained.edit();
        for (Slot slot : trained.slots()) {
            if (!trained.isLinked(slot) && result.calibratedPlan().exponents(slot) != null) {
                undone.exponents(slot, result.calibratedPlan().exponents(slot));
            }
        }
        assertTrue(result.exponentsMoved() > 0);
        double now = noise(golden.model(), FakeQuantization.insert(result.model(), trained), samples);
        double before = noise(golden.model(), FakeQuantization.insert(result.model(), undone.build()), samples);
        assertTrue(now < before, result.exponentsMoved() + " moves; noise ÷ signal " + now + ", undone " + before);
    }

    private static double noise(Model real, Model quantized, DataSource samples) {
        double noise = 0;
        double signal = 0;
        try (Executor exact = new Executor(real.graph(), real.parameters(), Executor.Options.defaults());
                Executor rounded = new Executor(quantized.graph(), quantized.parameters(), Executor.Options.defaults())) {
            for (Map<String, Tensor> batch : samples.batches(50)) {
                float[] f = exact.run(batch).values().iterator().next().data();
                float[] q = rounded.run(batch).values().iterator().next().data();
                for (int i = 0; i < f.length; i++) {
                    noise += ((double) q[i] - f[i]) * ((double) q[i] - f[i]);
                    signal += (double) f[i] * f[i];
                }
            }
        }
        return noise / signal;
    }
}
