package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.calibrate.ActivationCalibration;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.calibrate.ParameterCalibration;
import io.github.bitgrain.quantizer.plan.Alignment;
import io.github.bitgrain.quantizer.plan.Fusion;
import io.github.bitgrain.quantizer.plan.PassiveScales;
import io.github.bitgrain.quantizer.plan.PlanCreation;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every configuration of every operand is ESP-PPQ's: bits, state, rounding, domination, observer, exponents. */
class CalibrationParityTest {
    @ParameterizedTest
    @CsvSource({"lenet, 15", "lenet_imb, 3", "mbv2, 15"})
    void plansEqualTheReferences(String name, int runs) throws IOException {
        GoldenModel golden = GoldenModel.of(name);
        List<String> failures = new ArrayList<>();
        List<Path> files = runs(name);
        for (Path file : files) {
            String[] parts = file.getFileName().toString().replace(".scales.json", "").split("_");
            QuantPlan plan = calibrate(golden, Target.parse(parts[0]), Integer.parseInt(parts[1]), parts[2]);
            JsonNode entries = new ObjectMapper().readTree(Files.readAllBytes(file));
            assertEquals(entries.size(), plan.slots().size(), file::toString);
            entries.forEach(entry -> compare(file.getFileName().toString(), entry, plan, failures));
        }
        assertEquals(List.of(), failures);
        assertEquals(runs, files.size());
    }

    private static List<Path> runs(String name) throws IOException {
        try (Stream<Path> files = Files.list(SharedData.path("golden/esp-ppq/e2e/" + name))) {
            return files.filter(file -> file.getFileName().toString().matches("[a-z0-9]+_(8_(kl|percentile|minmax|mse)|16_minmax)\\.scales\\.json"))
                    .sorted().toList();
        }
    }

    private static QuantPlan calibrate(GoldenModel golden, Target target, int bits, String algorithm) {
        Graph graph = golden.model().graph();
        QuantPlan plan = Fusion.apply(graph, PlanCreation.create(graph, target, bits, Map.of(), algorithm));
        plan = ParameterCalibration.apply(graph, golden.model().parameters(), plan, Profile.PARITY);
        plan = ActivationCalibration.apply(golden.model(), plan, new Batches(golden.calibration(), golden.batch(), 16), Profile.PARITY, 1, done -> { });
        return PassiveScales.apply(graph, Alignment.apply(graph, plan));
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
