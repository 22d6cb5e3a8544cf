package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.observe.Observer;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Every observer finds ESP-PPQ's exponent on every tensor of golden/esp-ppq/unit/observers. */
class ObserversParityTest {
    private static final int CHANNELS = 8;

    @Test
    void exponentsEqualTheReferences() throws IOException {
        Path folder = SharedData.path("golden/esp-ppq/unit/observers");
        List<String> failures = new ArrayList<>();
        int compared = 0;
        for (JsonNode entry : new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("observers.json")))) {
            boolean supported = Observers.NAMES.contains(entry.get("observer").asText()) && !entry.get("observer").asText().equals(Observers.ISOTONE);
            if (!supported || !entry.get("power_of_2").asBoolean() || entry.has("error")) {
                continue;
            }
            float[] values = Npy.read(folder.resolve("tensors/" + entry.get("tensor").asText() + ".npy")).floats();
            List<Integer> found = new ArrayList<>();
            if (entry.get("per_channel").asBoolean()) {
                for (int c = 0; c < CHANNELS; c++) {
                    int channel = c;
                    found.add(exponent(entry, batch -> channel(values, batch, channel)));
                }
            } else {
                found.add(exponent(entry, batch -> batch(values, batch)));
            }
            List<Integer> expected = new ArrayList<>();
            entry.get("exponent").forEach(exponent -> expected.add(exponent.asInt()));
            if (!expected.equals(found)) {
                failures.add(entry + ": " + found);
            }
            compared++;
        }
        assertEquals(List.of(), failures);
        assertEquals(160, compared);
    }

    private static int exponent(JsonNode entry, IntFunction<float[]> batches) {
        SlotConfig config = new SlotConfig(entry.get("bits").asInt(), Rounding.HALF_EVEN, SlotConfig.PER_TENSOR,
                entry.get("observer").asText(), SlotState.INITIAL, null);
        Observer observer = Observers.create(config, Profile.PARITY);
        observeAll(observer, batches);
        if (observer.needsSecondPhase()) {
            observer.startSecondPhase();
            observeAll(observer, batches);
        }
        return observer.exponent();
    }

    private static void observeAll(Observer observer, IntFunction<float[]> batches) {
        for (int batch = 0; batch < 4; batch++) {
            float[] values = batches.apply(batch);
            int n = values.length;
            observer.observe(new ValueView("", Shape.of(n), values, 0, 1, n, n, false, Kernels.floats()));
        }
    }

    private static float[] batch(float[] values, int batch) {
        int n = values.length / 4;
        float[] part = new float[n];
        System.arraycopy(values, batch * n, part, 0, n);
        return part;
    }

    /** One channel of a batch of shape [2, 8, 12, 12]. */
    private static float[] channel(float[] values, int batch, int channel) {
        float[] part = batch(values, batch);
        int plane = part.length / (2 * CHANNELS);
        float[] one = new float[2 * plane];
        for (int n = 0; n < 2; n++) {
            System.arraycopy(part, (n * CHANNELS + channel) * plane, one, n * plane, plane);
        }
        return one;
    }
}
