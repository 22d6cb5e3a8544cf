package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs without training end as ESP-PPQ's: every configuration of every operand (bits, state, rounding, domination, observer,
 * exponents) and every output of the fake-quantized network. Among them are mixed precision, equalization and scales set by hand.
 */
class CalibrationParityTest {
    private static final int STEPS = 16;

    /** Sums of 16-bit products do not fit a float: their last bit depends on the order of addition. */
    private static final float STEPS_APART = 4;

    /** A Softmax ends some networks; its exponentials are not those of the reference to the last bit. */
    private static final float FLOAT_OUTPUT = 1e-6f;

    private static final float FLOAT_OUTPUT_16 = 1e-4f;

    @ParameterizedTest
    @CsvSource({"lenet, 27", "lenet_imb, 12", "mbv2, 21", "yolo, 2", "zoo_act, 18", "zoo_shape, 15", "zoo_elem, 15", "zoo_trans, 15", "gru, 15", "lstm, 15"})
    void plansAndOutputsEqualTheReferences(String name, int runs) throws IOException {
        GoldenModel golden = GoldenModel.of(name);
        List<String> failures = new ArrayList<>();
        List<Path> files = runs(name);
        for (Path file : files) {
            String run = file.getFileName().toString().replace(".scales.json", "");
            QuantizationResult result = Bitgrain.calibrate(golden.model(), golden.calibration(), options(golden, file, run), QuantizationListener.NONE);
            JsonNode entries = read(file);
            assertEquals(entries.size(), result.plan().slots().size(), run);
            entries.forEach(entry -> {
                if (!isNoise(name, entry.get("op").asText())) {
                    compare(run, entry, result.plan(), failures);
                }
            });
            float[] actual = outputs(golden, result);
            float[] expected = Arrays.copyOf(Npy.read(file.resolveSibling(run + ".out.npy")).floats(), actual.length);
            if (name.equals("zoo_shape")) {
                continue; // It divides by that noise.
            }
            if (hasFloatOutput(result)) {
                assertArrayEquals(expected, actual, run.contains("_16_") ? FLOAT_OUTPUT_16 : FLOAT_OUTPUT, run);
            } else if (run.contains("_16_") || name.equals("yolo")) {
                // In 41 convolutions a sum on a tie may round the other way, depending on the order of additions.
                assertArrayEquals(expected, actual, STEPS_APART * outputStep(result), run);
            } else {
                assertArrayEquals(expected, actual, run);
            }
        }
        assertEquals(List.of(), failures);
        assertEquals(runs, files.size());
    }

    private static List<Path> runs(String name) throws IOException {
        try (Stream<Path> files = Files.list(SharedData.path("golden/esp-ppq/e2e/" + name))) {
            return files.filter(file -> file.toString().endsWith(".scales.json") && !file.getFileName().toString().matches(".*_(tqt|bc).*"))
                    .filter(file -> !name.equals("yolo") || file.getFileName().toString().startsWith("esp32p4_8_k"))
                    .sorted().toList();
        }
    }

    private static JsonNode read(Path file) throws IOException {
        return new ObjectMapper().readTree(Files.readAllBytes(file));
    }

    private static QuantizationOptions options(GoldenModel golden, Path file, String run) throws IOException {
        String[] parts = run.split("_");
        JsonNode settings = read(file.resolveSibling(run + ".result.json"));
        Map<String, Integer> bits = new LinkedHashMap<>();
        settings.path("dispatch16").forEach(node -> bits.put(node.asText(), 16));
        Map<String, Double> scales = new LinkedHashMap<>();
        settings.path("custom_config").properties().forEach(entry -> scales.put(entry.getKey(), entry.getValue().asDouble()));
        return QuantizationOptions.plain(Target.parse(parts[0]), Profile.PARITY).bits(Integer.parseInt(parts[1])).bitsByNode(bits).calibration(parts[2])
                .fixedScales(scales).calibBatch(golden.batch()).calibSteps(STEPS)
                .equalization(settings.path("eq").isObject()).equalizationSetting(equalization(settings.path("eq"))).threads(1).build();
    }

    private static EqualizationSetting equalization(JsonNode given) {
        EqualizationSetting basic = EqualizationSetting.DEFAULT;
        return new EqualizationSetting(given.path("opt_level").asInt(basic.optLevel()), given.path("iterations").asInt(basic.iterations()),
                given.path("value_threshold").asDouble(basic.valueThreshold()), given.path("including_bias").asBoolean(basic.includingBias()),
                basic.biasMultiplier(), basic.includingAct(), basic.actMultiplier(), basic.interestedLayers());
    }

    /**
     * zoo_shape sums x − mean(x), which is zero but for the order of additions: the exponent of that noise (2^-23 there, 2^-24
     * here) means nothing.
     */
    private static boolean isNoise(String network, String node) {
        return network.equals("zoo_shape") && (node.equals("/ReduceSum") || node.equals("/Div"));
    }

    private static boolean hasFloatOutput(QuantizationResult result) {
        Graph graph = result.model().graph();
        return result.plan().exponents(Slot.output(graph.producer(graph.outputs().getFirst()).name(), 0)) == null;
    }

    private static float outputStep(QuantizationResult result) {
        Graph graph = result.model().graph();
        String last = graph.producer(graph.outputs().getFirst()).name();
        return Math.scalb(1f, result.plan().exponents(Slot.output(last, 0)).single());
    }

    private static float[] outputs(GoldenModel golden, QuantizationResult result) {
        Model quantized = FakeQuantization.insert(result.model(), result.plan());
        try (Executor executor = new Executor(quantized)) {
            return executor.run(golden.fixed()).values().iterator().next().data();
        }
    }

    private static void compare(String run, JsonNode entry, QuantPlan plan, List<String> failures) {
        String io = entry.get("io").asText();
        int index = Integer.parseInt(io.replaceAll("\\D", ""));
        String node = entry.get("op").asText();
        Slot slot = io.startsWith("in") ? Slot.input(node, index) : Slot.output(node, index);
        SlotConfig config = plan.config(slot);
        Exponents exponents = plan.exponents(slot);
        List<Integer> expected = new ArrayList<>();
        entry.get("exponent").forEach(exponent -> expected.add(exponent.asInt()));
        List<Integer> actual = new ArrayList<>();
        for (int i = 0; exponents != null && i < exponents.count(); i++) {
            actual.add(exponents.get(i));
        }
        String wanted = String.join(" ", entry.get("bits").asText(), entry.get("state").asText(), entry.get("rounding").asText(),
                entry.get("dominated").asText(), entry.get("observer").asText(), entry.get("per_channel").asText(), expected.toString());
        String found = String.join(" ", "" + config.bits(), config.state().name(), "ROUND_" + config.rounding().name(),
                "" + plan.isLinked(slot), config.observer(), "" + config.perChannel(), actual.toString());
        if (!wanted.equals(found)) {
            failures.add(run + " " + slot + ": " + found + ", reference " + wanted);
        }
    }
}
