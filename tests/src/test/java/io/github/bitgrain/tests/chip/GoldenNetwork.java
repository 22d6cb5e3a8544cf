package io.github.bitgrain.tests.chip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipHazard;
import io.github.bitgrain.simulator.ChipHazards;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/** A network with one checksum per node output, computed by ESP-DL's own kernels on pseudo-random inputs. */
final class GoldenNetwork {
    private final ChipProgram program;
    private final JsonNode golden;

    private GoldenNetwork(ChipProgram program, JsonNode golden) {
        this.program = program;
        this.golden = golden;
    }

    /** The network of a file beside its checksums. */
    static GoldenNetwork of(Path espdl, Path json) throws IOException {
        return new GoldenNetwork(EspdlReader.read(espdl), new ObjectMapper().readTree(Files.readAllBytes(json)));
    }

    /** A node output whose checksum differs. */
    record Difference(String node, String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** Names of the nodes that the simulator computes as the model means, because the chip does not. */
    Set<String> unlikeTheChip() {
        return ChipHazards.of(program, Target.parse(golden.get("target").asText())).stream()
                .filter(hazard -> hazard.simulated() == ChipHazard.Simulated.AS_THE_MODEL_MEANS)
                .map(ChipHazard::node).collect(Collectors.toSet());
    }

    /** Runs the network; the node outputs whose checksums differ, in order. Float outputs are left out. */
    List<Difference> differences() {
        Simulator simulator = new Simulator(program, Target.parse(golden.get("target").asText()));
        fillInputs(simulator);
        Map<String, String> expected = new HashMap<>();
        for (JsonNode node : golden.get("nodes")) {
            node.get("outputs").forEach(output -> expected.put(output.get("name").asText(), output.get("crc32").asText()));
        }
        List<Difference> differences = new ArrayList<>();
        simulator.observe((node, name, buffer) -> {
            String wanted = expected.remove(name);
            if (buffer.type() != ElementType.FLOAT32 && !crc(buffer.bytes()).equals(wanted)) {
                differences.add(new Difference(node.name(),
                        node.opType() + " " + node.name() + " → " + name + " " + buffer.type() + " " + List.of(buffer.count())));
            }
        });
        simulator.run();
        expected.keySet().forEach(name -> differences.add(new Difference("", name + " was not computed")));
        return differences;
    }

    /** The linear congruential generator of golden/nets/README.md. */
    private void fillInputs(Simulator simulator) {
        int state = golden.get("input_seed").asInt();
        for (String input : program.inputs()) {
            int[] values = new int[program.value(input).count()];
            boolean is8 = program.value(input).type() == ElementType.INT8;
            for (int i = 0; i < values.length; i++) {
                state = state * 1664525 + 1013904223;
                values[i] = is8 ? (byte) (state >>> 24) : (short) (state >>> 16);
            }
            simulator.setInput(input, values);
            ChipBuffer buffer = simulator.value(input);
            for (JsonNode description : golden.get("inputs")) {
                if (description.get("name").asText().equals(input) && !crc(buffer.bytes()).equals(description.get("crc32").asText())) {
                    throw new AssertionError("the generator makes other inputs than the reference");
                }
            }
        }
    }

    private static String crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
