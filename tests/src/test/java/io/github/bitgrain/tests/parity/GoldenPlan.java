package io.github.bitgrain.tests.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Rounding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A plan as ESP-PPQ left it at the end of a run. */
final class GoldenPlan {
    private GoldenPlan() {}

    /** The plan of a {@code .scales.json}; exponents are written out for every slot, links are not restored. */
    static QuantPlan read(Path file, Target target) throws IOException {
        return of(new ObjectMapper().readTree(Files.readAllBytes(file)), target);
    }

    /** The plan that a field of a file holds. */
    static QuantPlan read(Path file, String field, Target target) throws IOException {
        return of(new ObjectMapper().readTree(Files.readAllBytes(file)).get(field), target);
    }

    private static QuantPlan of(JsonNode entries, Target target) {
        QuantPlan.Builder plan = QuantPlan.builder(target);
        for (JsonNode entry : entries) {
            String node = entry.get("op").asText();
            String io = entry.get("io").asText();
            int index = Integer.parseInt(io.replaceAll("\\D", ""));
            Slot slot = io.startsWith("in") ? Slot.input(node, index) : Slot.output(node, index);
            int bits = entry.get("bits").asInt();
            if (slot.equals(Slot.output(node, 0))) {
                plan.bits(node, bits);
            }
            int axis = entry.get("per_channel").asBoolean() ? entry.get("axis").asInt() : SlotConfig.PER_TENSOR;
            Rounding rounding = Rounding.valueOf(entry.get("rounding").asText().replace("ROUND_", ""));
            plan.put(slot, new SlotConfig(bits, rounding, axis, entry.get("observer").asText(),
                    SlotState.valueOf(entry.get("state").asText()), exponents(entry.get("exponent"))));
        }
        return plan.build();
    }

    private static Exponents exponents(JsonNode list) {
        List<Integer> values = new ArrayList<>();
        list.forEach(value -> values.add(value.asInt()));
        return values.isEmpty() ? null : Exponents.of(values.stream().mapToInt(Integer::intValue).toArray());
    }
}
