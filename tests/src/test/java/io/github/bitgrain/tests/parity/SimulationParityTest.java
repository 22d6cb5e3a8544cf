package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis;
import io.github.bitgrain.quantizer.analyze.LayerError;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fake-quantized network gives ESP-PPQ's values, and the error analysis its errors. */
class SimulationParityTest {
    private static final String FOLDER = "golden/esp-ppq/";
    private static final int STEPS = 16;

    /** ESP-PPQ's error report looks at one batch more than the eight it is asked for (D26). */
    private static final int REPORT_STEPS = 9;

    @ParameterizedTest
    @CsvSource({"lenet, esp32s3, kl", "lenet, esp32p4, mse", "mbv2, esp32s3, mse", "mbv2, esp32p4, kl"})
    void outputsOnTheWholeValidationSetEqualTheReferences(String name, String target, String algorithm) {
        GoldenModel golden = GoldenModel.of(name);
        QuantizationResult result = calibrate(golden, target, algorithm);
        Model quantized = FakeQuantization.insert(result.model(), result.plan());
        DataSource samples = GoldenModel.images(SharedData.path(FOLDER + "data/" + name + "/val_x.npy"));
        float[] expected = Npy.read(SharedData.path(FOLDER + "e2e/" + name + "/" + target + "_8_" + algorithm + ".val_out.npy")).floats();
        int at = 0;
        int differences = 0;
        try (Executor executor = new Executor(quantized)) {
            for (Map<String, Tensor> batch : samples.batches(50)) {
                for (float value : executor.run(batch).values().iterator().next().data()) {
                    differences += value == expected[at++] ? 0 : 1;
                }
            }
        }
        assertEquals(expected.length, at);
        assertEquals(0, differences);
    }

    /** Each layer quantized alone. The cumulative error is drawn from random elements there and cannot be compared so closely. */
    @ParameterizedTest
    @CsvSource({"lenet, esp32s3, kl", "lenet, esp32p4, minmax"})
    void layersAloneCauseTheErrorsOfTheReferences(String name, String target, String algorithm) throws IOException {
        GoldenModel golden = GoldenModel.of(name);
        QuantizationResult result = calibrate(golden, target, algorithm);
        ErrorAnalysis analysis = new ErrorAnalysis(result.model(), golden.calibration().range(0, REPORT_STEPS * golden.batch()), 1);
        Path file = SharedData.path(FOLDER + "e2e/" + name + "/" + target + "_8_" + algorithm + ".result.json");
        JsonNode expected = new ObjectMapper().readTree(Files.readAllBytes(file)).get("layerwise_snr");
        int layers = 0;
        for (LayerError error : analysis.layerwise(result.plan())) {
            double reference = expected.get(error.node()).asDouble();
            assertEquals(reference, error.snr(), 1e-3 * reference, error.node());
            layers++;
        }
        assertEquals(expected.size(), layers);
    }

    private static QuantizationResult calibrate(GoldenModel golden, String target, String algorithm) {
        QuantizationOptions options = QuantizationOptions.plain(Target.parse(target), Profile.PARITY)
                .calibration(algorithm).calibBatch(golden.batch()).calibSteps(STEPS).threads(1).build();
        return Bitgrain.calibrate(golden.model(), golden.calibration(), options, QuantizationListener.NONE);
    }
}
