package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnalyzeTest {
    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private static CommandRun lenet(String... more) {
        List<String> args = new ArrayList<>(List.of("analyze", shared("models/lenet.onnx"), "--calib", shared("data/lenet/calib_x.npy"),
                "--calib-batch", "16", "--calib-steps", "16", "--target", "esp32s3"));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    @Test
    void layersAloneCauseTheErrorsOfEspPpqAndAreRanked() throws IOException {
        CommandRun run = lenet("--mean", "0.5", "--std", "0.25", "--profile", "parity", "--samples", "144", "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode layers = new ObjectMapper().readTree(run.out()).get("layers");
        JsonNode expected = new ObjectMapper().readTree(Files.readAllBytes(
                SharedData.path("golden/esp-ppq/e2e/lenet/esp32s3_8_kl.result.json"))).get("layerwise_snr");
        assertEquals(expected.size(), layers.size());
        double before = Double.MAX_VALUE;
        for (JsonNode layer : layers) {
            double alone = layer.get("alone").asDouble();
            double reference = expected.get(layer.get("node").asText()).asDouble();
            assertEquals(reference, alone, 1e-3 * reference);
            assertTrue(alone <= before);
            before = alone;
            // A layer whose operand and result are rounded elsewhere has no activation of its own.
            double activations = layer.get("activationsOnly").asDouble();
            assertTrue(layer.get("weightsOnly").asDouble() > 0 && activations >= 0, run.out());
            if (layer.get("node").asText().equals("/fc2/Gemm")) {
                assertTrue(activations > 0 && activations < alone && layer.get("weightsOnly").asDouble() < alone, run.out());
            }
            assertTrue(layer.get("inFloat").asDouble() > 0);
            assertTrue(layer.get("weightBytes").asLong() > 0 && layer.get("activationBytes").asLong() > 0);
        }
    }

    /** What 16 bits of a layer would give is what they give when it is asked for: kl does not depend on the width here, since minmax is asked for. */
    @Test
    void sixteenBitsOfALayerAreForetold() throws IOException {
        String[] common = {"--mean", "0.5", "--std", "0.25", "--samples", "40", "--calibration", "minmax", "--profile", "parity", "--json"};
        JsonNode plain = new ObjectMapper().readTree(lenet(common).out());
        for (JsonNode layer : plain.get("layers")) {
            List<String> wide = new ArrayList<>(List.of(common));
            wide.addAll(List.of("--set", "dispatching_table." + layer.get("node").asText() + "=16"));
            double made = new ObjectMapper().readTree(lenet(wide.toArray(String[]::new)).out()).get("whole").asDouble();
            double whole = plain.get("whole").asDouble();
            double foretold = layer.get("in16Bits").asDouble();
            assertEquals(made, foretold, 0.15 * whole, layer.get("node").asText() + " of " + whole);
            assertTrue(foretold < 1.2 * whole && layer.get("inFloat").asDouble() <= foretold + 0.15 * whole);
        }
    }

    @Test
    void wrongScaleIsNamedBeforeCalibration() {
        CommandRun run = lenet("--scale", "1", "--samples", "4");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("warning: input \"x\" reaches 255.0; networks expect values of about 1: check --scale"), run.err());
        assertTrue(run.out().contains("the most sensitive layer first"), run.out());
    }
}
