package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.Main;
import io.github.bitgrain.testing.SharedData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code quantize --tqt} trains through an LSTM: the reader of digits. */
class RecurrentTrainingTest {
    private static final double FLOAT_TOP1 = 0.9838;
    private static final double LOST_AT_MOST = 0.002;
    /** The part of calibration's noise that training leaves. */
    private static final double NOISE_LEFT = 0.85;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"esp32s3", "esp32p4"})
    void trainedLstmLosesNextToNothingOnTheChip(String target) throws Exception {
        Path digits = SharedData.path("models/mnist_lstm");
        String model = digits.resolve("model.onnx").toString();
        String calibration = digits.resolve("calib.npy").toString();
        String output = folder.resolve("digits.espdl").toString();

        JsonNode noise = run("quantize", model, "--calib", calibration, "--target", target, "--tqt",
                "--set", "tqt_optimization_setting.steps=40", "--set", "tqt_optimization_setting.output_steps=150",
                "--eval", calibration, "--labels", digits.resolve("calib_labels.npy").toString(), "--metric", "snr",
                "-o", output, "--json").get("accuracy");
        assertTrue(noise.get("chip").asDouble() <= NOISE_LEFT * noise.get("ptq").asDouble(), noise::toString);

        JsonNode accuracy = run("evaluate", output, "--data", digits.resolve("eval.npy").toString(),
                "--labels", digits.resolve("labels.npy").toString(), "--json").get("metrics");
        assertTrue(accuracy.get("top1").asDouble() >= FLOAT_TOP1 - LOST_AT_MOST, accuracy::toString);
    }

    private static JsonNode run(String... args) throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(0, Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true)), err::toString);
        return new ObjectMapper().readTree(out.toString());
    }
}
