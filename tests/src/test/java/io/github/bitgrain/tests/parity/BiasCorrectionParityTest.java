package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.tqt.BiasCorrectionSetting;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ESP-PPQ's bias correction: its runs with default settings end with the same outputs. */
class BiasCorrectionParityTest {
    private static QuantizationResult run(GoldenModel golden, String run, BiasCorrectionSetting setting) {
        QuantizationOptions options = QuantizationOptions.plain(Target.parse(run.split("_")[0]), Profile.PARITY)
                .calibBatch(golden.batch()).calibSteps(16).tuning(new TuningPasses(setting, null)).threads(1).build();
        return Bitgrain.quantize(golden.model(), golden.calibration(), options, QuantizationListener.NONE);
    }

    private static float[] outputs(GoldenModel golden, QuantizationResult result) {
        try (Executor executor = new Executor(FakeQuantization.insert(result.model(), result.plan()))) {
            return executor.run(golden.fixed()).values().iterator().next().data();
        }
    }

    @ParameterizedTest
    @CsvSource({"lenet, c_8_kl_bc", "lenet, esp32s3_8_kl_bc", "lenet, esp32p4_8_kl_bc", "lenet_imb, c_8_kl_bc", "lenet_imb, esp32s3_8_kl_bc",
            "lenet_imb, esp32p4_8_kl_bc", "mbv2, esp32s3_8_kl_bc", "mbv2, esp32p4_8_kl_bc"})
    void outputsEqualTheReferences(String name, String run) {
        GoldenModel golden = GoldenModel.of(name);
        float[] actual = outputs(golden, run(golden, run, BiasCorrectionSetting.PARITY));
        float[] expected = Arrays.copyOf(Npy.read(SharedData.path("golden/esp-ppq/e2e/" + name + "/" + run + ".out.npy")).floats(), actual.length);
        assertArrayEquals(expected, actual);
        assertFalse(Arrays.equals(expected, outputs(golden, run(golden, run, null))), "the pass changes nothing");
    }
}
