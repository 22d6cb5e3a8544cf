package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of other exporters: what the chip computes wrongly is told with node and reason. */
class HazardReportTest {
    private static final String LINE = "hazard: node \"last\" (Gather): index -1: the kernel goes in front of its buffer; count from"
            + " the start [simulation: computed as the model means it; the device will differ]";

    @TempDir
    Path folder;

    private String model() {
        ChipProgram program = ChipProgram.builder().name("net")
                .parameter(ChipTensor.ofLongs("i", ElementType.INT64, List.of(1), ChipTensor.NOT_QUANTIZED, "UNK", -1))
                .value(new ChipValue("x", ElementType.INT8, List.of(3), -4)).value(new ChipValue("y", ElementType.INT8, List.of(1), -4))
                .input("x").output("y")
                .node(new ChipNode("last", "Gather", "", List.of("x", "i"), List.of("y"), new TreeMap<>()))
                .testVectors(List.of(ChipTensor.ofLongs("x", ElementType.INT8, List.of(3), Exponents.of(-4), "", 4, 5, 6)),
                        List.of(ChipTensor.ofLongs("y", ElementType.INT8, List.of(1), Exponents.of(-4), "", 6)))
                .build();
        Path file = folder.resolve("m.espdl");
        EspdlWriter.write(program, file);
        return file.toString();
    }

    @Test
    void inspectAndVerifyNameTheNodeAndTheReason() throws IOException {
        String model = model();
        for (String command : List.of("inspect", "verify")) {
            CommandRun text = CommandRun.of(command, model, "--target", "esp32s3");
            assertEquals(0, text.exit(), text.err());
            assertTrue(text.out().lines().toList().contains(LINE), text.out());
            JsonNode hazard = new ObjectMapper().readTree(CommandRun.of(command, model, "--target", "esp32s3", "--json").out()).get("hazards").get(0);
            assertEquals("out_of_bounds", hazard.get("kind").asText());
            assertEquals("last", hazard.get("node").asText());
            assertEquals("as_the_model_means", hazard.get("simulated").asText());
        }
    }

    @Test
    void withoutATargetThereAreNoHazardsToTell() throws IOException {
        assertTrue(new ObjectMapper().readTree(CommandRun.of("inspect", model(), "--json").out()).get("hazards").isNull());
    }
}
