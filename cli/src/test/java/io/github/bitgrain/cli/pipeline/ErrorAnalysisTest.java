package io.github.bitgrain.cli.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis;
import io.github.bitgrain.quantizer.analyze.LayerError;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorAnalysisTest {
    /** ESP-PPQ draws 4096 elements of each sample at random; ours are all elements. */
    private static final double SAMPLING = 0.25;

    private static void compare(JsonNode golden, List<LayerError> ours) {
        assertEquals(golden.size(), ours.size());
        for (LayerError error : ours) {
            double stated = golden.get(error.node()).asDouble();
            assertEquals(stated, error.snr(), SAMPLING * stated, error.node());
            assertTrue(error.cosine() > 0.99 && error.cosine() <= 1 + 1e-12, error.toString());
        }
    }

    @Test
    void errorsAreThoseOfTheReferencesReport() throws IOException {
        Path golden = SharedData.path("golden/esp-ppq");
        JsonNode stated = new ObjectMapper().readTree(golden.resolve("e2e/lenet/esp32s3_8_kl.result.json").toFile());
        Model model = OnnxReader.read(golden.resolve("models/lenet.onnx"));
        Request request = new Request(Target.ESP32S3, 8, Profile.PARITY, QuantizationSettings.binder(Profile.PARITY).settings(), 16, 16, 0, 2);
        Preprocessing preprocessing = Preprocessing.parse(List.of(), List.of("0.5"), List.of("0.25"));
        try (InputData data = InputData.open(golden.resolve("data/lenet/calib_x.npy"), Map.of("x", List.of(Shape.of(1, 28, 28))), preprocessing)) {
            Progress progress = new Progress(new PrintWriter(new StringWriter()), false);
            Quantized quantized = new Quantization(request, progress, new Stopwatch()).run(model, data);
            ErrorAnalysis analysis = new ErrorAnalysis(quantized.calibrated(), data.range(0, 9 * 16), 2);
            compare(stated.get("graphwise_snr"), analysis.graphwise(quantized.tuned(), quantized.tunedPlan()));
            compare(stated.get("layerwise_snr"), analysis.layerwise(quantized.tunedPlan()));
        }
    }
}
