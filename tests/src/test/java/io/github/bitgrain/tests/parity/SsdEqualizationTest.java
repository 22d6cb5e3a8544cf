package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.WeightPasses;
import io.github.bitgrain.quantizer.equalize.SsdEqualization;
import io.github.bitgrain.quantizer.equalize.SsdEqualization.Step;
import io.github.bitgrain.quantizer.equalize.SsdSetting;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Equalization that looks at the error of each pair, on trained networks. */
class SsdEqualizationTest {
    private static final QuantizationOptions PLAIN = QuantizationOptions.plain(Target.ESP32S3).build();

    /** A keyword spotter: nine convolutions, every other one depthwise, joined by Relu. */
    @Test
    void aPairIsMuchBetterOrAsItWas() {
        Model model = GraphPasses.apply(OnnxReader.read(SharedData.path("models/dscnn_kws/model.onnx")));
        Npy file = Npy.read(SharedData.path("models/dscnn_kws/calib.npy"));
        DataSource samples = DataSource.of(Map.of(model.graph().inputs().keySet().iterator().next(), new Tensor(Shape.of(file.shape()), file.floats())));
        SsdEqualization.Result result = SsdEqualization.apply(model, SsdSetting.DEFAULT, samples, 32,
                (part, batches) -> Bitgrain.calibrate(part, batches.source(), PLAIN.edit().calibBatch(batches.size()).build(), QuantizationListener.NONE).plan(), 2);
        for (Step step : result.steps()) {
            assertTrue(step.rule() < 0 ? step.after() == step.before() : step.after() < 0.8 * step.before(), step::toString);
        }
        assertEquals(24, result.steps().size());
        assertTrue(result.steps().stream().anyMatch(step -> step.rule() >= 0));
        float[] before = run(model, samples);
        assertArrayEquals(before, run(result.model(), samples), 1e-4f);
    }

    /** lenet_imb has channels of very different ranges. */
    @Test
    void theWholeNetworkErrsLess() {
        GoldenModel golden = GoldenModel.of("lenet_imb");
        double plain = error(golden, WeightPasses.NONE);
        double equalized = error(golden, new WeightPasses(null, null, SsdSetting.DEFAULT));
        assertTrue(equalized < 0.8 * plain, equalized + " after, " + plain + " before");
    }

    private static double error(GoldenModel golden, WeightPasses passes) {
        QuantizationResult result = Bitgrain.quantize(golden.model(), golden.calibration(), PLAIN.edit().calibBatch(golden.batch()).weightPasses(passes).build(),
                QuantizationListener.NONE);
        float[] exact = run(golden.model(), golden.calibration());
        float[] rounded = run(FakeQuantization.insert(result.model(), result.plan()), golden.calibration());
        double sum = 0;
        for (int i = 0; i < exact.length; i++) {
            sum += Math.pow(exact[i] - rounded[i], 2);
        }
        return sum / exact.length;
    }

    private static float[] run(Model model, DataSource samples) {
        try (Executor executor = new Executor(model)) {
            return executor.run(samples.read(0, Math.min(32, samples.samples()))).values().iterator().next().data();
        }
    }
}
