package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.testing.SharedData;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every case of golden/ops: what ESP-DL's own kernels computed for one operator. */
class GoldenOperatorsTest {
    private static final double FLOAT_BOUND = 1e-6;

    @ParameterizedTest
    @CsvSource({"c, 620", "esp32s3, 620", "esp32p4, 723"})
    void everyKernelEqualsTheChips(String target, int cases) throws Exception {
        List<String> lines = Files.readAllLines(SharedData.path("golden/ops/" + target + ".jsonl"));
        ObjectMapper json = new ObjectMapper();
        List<String> failures = new ArrayList<>();
        int run = 0;
        for (String line : lines) {
            GoldenCase golden = GoldenCase.of(json.readTree(line));
            run++;
            try {
                compare(golden, new Simulator(golden.program(), golden.target()).run(golden.inputs()), failures);
            } catch (RuntimeException e) {
                failures.add(golden.id() + ": " + e);
            }
        }
        assertEquals(List.of(), failures);
        assertEquals(cases, run);
    }

    private static void compare(GoldenCase golden, List<ChipTensor> outputs, List<String> failures) {
        for (int o = 0; o < outputs.size(); o++) {
            ChipTensor expected = golden.outputs().get(o);
            ChipTensor actual = outputs.get(o);
            if (!expected.dims().equals(actual.dims())) {
                failures.add(golden.id() + ": shape " + actual.dims() + ", chip " + expected.dims());
            } else if (expected.type() == ElementType.FLOAT32) {
                compareFloats(golden.id(), expected.floats(), actual.floats(), failures);
            } else {
                compareIntegers(golden.id(), expected.longs(), actual.longs(), failures);
            }
        }
    }

    private static void compareIntegers(String id, long[] expected, long[] actual, List<String> failures) {
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] != actual[i]) {
                failures.add(id + ": element " + i + " is " + actual[i] + ", chip " + expected[i]);
                return;
            }
        }
    }

    private static void compareFloats(String id, float[] expected, float[] actual, List<String> failures) {
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(expected[i] - actual[i]) <= FLOAT_BOUND * Math.abs(expected[i]))) {
                failures.add(id + ": element " + i + " is " + actual[i] + ", chip " + expected[i]);
                return;
            }
        }
    }
}
