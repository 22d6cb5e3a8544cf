package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffTest {
    private static final String NL = System.lineSeparator();

    @TempDir
    Path folder;

    /** x [1, 1, 2, 3] times 64 · weight, one weight per channel, then Relu; y has the exponent of x. */
    private ChipProgram.Builder program(int... weights) {
        long[] w = new long[weights.length * 3];
        for (int n = 0; n < weights.length; n++) {
            w[n * 3 + n % 3] = weights[n];
        }
        return ChipProgram.builder()
                .metadata("target", "c")
                .node(node("scale", "Conv", "x", "w", "s"))
                .parameter(ChipTensor.ofLongs("w", io.github.bitgrain.simulator.ElementType.INT8, List.of(1, 1, 3, 3),
                        Exponents.of(-4), "NHWC", w))
                .value(value("x", -3, 1, 1, 2, 3))
                .value(value("s", -3, 1, 1, 2, 3))
                .input("x");
    }

    private static ChipValue value(String name, int exponent, Integer... shape) {
        return new ChipValue(name, io.github.bitgrain.simulator.ElementType.INT8, List.of(shape), exponent);
    }

    private static ChipNode node(String name, String type, String... operands) {
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        if (type.equals("Transpose")) {
            attributes.put("perm", new ChipAttribute.Ints(List.of(0L, 3L, 1L, 2L)));
        }
        List<String> names = List.of(operands);
        return new ChipNode(name, type, "", names.subList(0, names.size() - 1), List.of(names.getLast()), attributes);
    }

    /** scale, then relu. */
    private Path plain(String file, int... weights) {
        return write(file, program(weights).node(node("relu", "Relu", "s", "y")).value(value("y", -3, 1, 1, 2, 3)).output("y"));
    }

    private Path write(String file, ChipProgram.Builder program) {
        Path path = folder.resolve(file);
        EspdlWriter.write(program.build(), path);
        return path;
    }

    private Path input(int... values) throws IOException {
        Path file = folder.resolve("x.npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.INT8, values.length == 6 ? List.of(1, 1, 2, 3) : List.of(values.length / 6, 1, 2, 3)).write(values);
        }
        return file;
    }

    private static JsonNode json(CommandRun run, int exit) throws IOException {
        assertEquals(exit, run.exit(), run.err());
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void equalModelsMeanTheSameAndAChangedWeightIsNamed() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path b = plain("b.espdl", 16, 16, 12);
        CommandRun same = CommandRun.of("diff", a.toString(), a.toString());
        assertEquals(0, same.exit());
        assertEquals(a + " and " + a + " mean the same" + NL, same.out());
        CommandRun other = CommandRun.of("diff", a.toString(), b.toString());
        assertEquals(1, other.exit());
        assertEquals("weights  scale input 1: 1 of 9 elements differ, by up to 4" + NL, other.out());
        JsonNode json = json(CommandRun.of("diff", a.toString(), b.toString(), "--json"), 1);
        assertEquals(false, json.get("equal").asBoolean());
        assertEquals("{\"weights\":1}", json.get("counts").toString());
        assertEquals("scale input 1", json.get("differences").get(0).get("where").asText());
        assertTrue(json(CommandRun.of("diff", a.toString(), a.toString(), "--json"), 0).get("equal").asBoolean());
    }

    @Test
    void theFirstNodeThatComputesSomethingElseIsNamedWithCountSizeAndPlace() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path b = plain("b.espdl", 16, 16, 12);
        Path x = input(1, 2, 8, 4, 5, 32);
        CommandRun run = CommandRun.of("diff-run", a.toString(), b.toString(), "--input", x.toString());
        assertEquals(1, run.exit(), run.err());
        assertEquals("first difference: node scale (Conv), output s" + NL
                + "  2 of 6 values differ, by 8 steps at most; at [0, 0, 1, 2] the first has 32, the second 24" + NL
                + "1 of 2 node outputs differ after it" + NL + "  relu (Relu): 2 values, by 8" + NL, run.out());
        JsonNode first = json(CommandRun.of("diff-run", a.toString(), b.toString(), "--input", x.toString(), "--json"), 1)
                .get("differing").get(0);
        assertEquals("scale", first.get("node").asText());
        assertEquals(2, first.get("differences").asInt());
        assertEquals(8, first.get("maxDifference").asInt());
        assertEquals("[0,0,1,2]", first.get("at").toString());
    }

    @Test
    void whatOnlyShowsLaterIsBlamedOnItsOwnNode() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path b = write("b.espdl", program(16, 16, 16).node(node("relu", "Neg", "s", "y")).value(value("y", -3, 1, 1, 2, 3)).output("y"));
        JsonNode json = json(CommandRun.of("diff-run", a.toString(), b.toString(), "--input", input(0, 0, 0, 0, 3, 0).toString(), "--json"), 1);
        assertEquals("relu", json.get("differing").get(0).get("node").asText());
        assertEquals(1, json.get("differing").size());
    }

    @Test
    void anotherLayoutDoesNotHideEqualityNorADifference() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path b = channelsFirst("b.espdl", 16, 16, 16);
        Path c = channelsFirst("c.espdl", 16, 16, 12);
        Path x = input(1, 2, 8, 4, 5, 32);
        JsonNode same = json(CommandRun.of("diff-run", a.toString(), b.toString(), "--input", x.toString(), "--json"), 0);
        assertEquals(2, same.get("compared").asInt());
        JsonNode other = json(CommandRun.of("diff-run", b.toString(), c.toString(), "--input", x.toString(), "--json"), 1);
        assertEquals("scale", other.get("differing").get(0).get("node").asText());
        JsonNode turned = json(CommandRun.of("diff-run", a.toString(), c.toString(), "--input", x.toString(), "--json"), 1).get("differing").get(1);
        assertEquals("axes of [1, 1, 2, 3] stand as [1, 3, 1, 2]", turned.get("note").asText());
        assertEquals("[0,0,1,2]", turned.get("at").toString());
        assertEquals(2, turned.get("differences").asInt());
    }

    /** The same network whose Relu runs on channels first. */
    private Path channelsFirst(String file, int... weights) {
        return write(file, program(weights)
                .node(node("turn", "Transpose", "s", "t"))
                .node(node("relu", "Relu", "t", "y"))
                .value(value("t", -3, 1, 3, 1, 2))
                .value(value("y", -3, 1, 3, 1, 2))
                .output("y"));
    }

    @Test
    void aDumpedRunIsComparedFileByFile() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path dump = folder.resolve("dump");
        Path x = input(1, 2, 8, 4, 5, 32, 6, 5, 4, 3, 2, 1);
        assertEquals(0, CommandRun.of("simulate", a.toString(), "--input", x.toString(), "--dump-all", "--output", dump.toString()).exit());
        String[] args = {"diff-run", a.toString(), dump.toString(), "--input", x.toString(), "--json"};
        assertEquals(2, json(CommandRun.of(args), 0).get("compared").asInt());
        byte[] bytes = Files.readAllBytes(dump.resolve("y.npy"));
        bytes[bytes.length - 1] = 9;
        Files.write(dump.resolve("y.npy"), bytes);
        JsonNode found = json(CommandRun.of(args), 1).get("differing").get(0);
        assertEquals("relu", found.get("node").asText());
        assertEquals(1, found.get("sample").asInt());
        assertEquals("[0,0,1,2]", found.get("at").toString());
        assertEquals(8, found.get("maxDifference").asInt());
        Files.delete(dump.resolve("s.npy"));
        assertEquals("[\"s\"]", json(CommandRun.of(args), 1).get("missing").toString());
        Files.delete(dump.resolve("y.npy"));
        CommandRun.of(args).fails(65, dump + ": holds no file of the model's node outputs, for example y.npy");
    }

    @Test
    void oneQuantizationOfANetworkRunsAlikeOnTwoTargets() throws IOException {
        Path c = io.github.bitgrain.testing.SharedData.path("golden/esp-ppq/e2e/lenet/c_8_kl.espdl");
        Path s3 = io.github.bitgrain.testing.SharedData.path("golden/esp-ppq/e2e/lenet/esp32s3_8_kl.espdl");
        int[] values = new int[784];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 37 % 100;
        }
        Path file = folder.resolve("l.npy");
        try (OutputStream out = Files.newOutputStream(file)) {
            new NpyWriter(out, ElementType.INT8, List.of(1, 28, 28, 1)).write(values);
        }
        JsonNode json = json(CommandRun.of("diff-run", c.toString(), s3.toString(), "--input", file.toString(), "--target", "c",
                "--other-target", "esp32s3", "--json"), 0);
        assertEquals(8, json.get("compared").asInt());
        CommandRun diff = CommandRun.of("diff", c.toString(), s3.toString());
        assertEquals(1, diff.exit());
        assertTrue(diff.out().lines().allMatch(line -> line.startsWith("layout  ")), diff.out());
    }

    @Test
    void integersForInputsOfTwoScalesAreRefused() throws IOException {
        Path a = plain("a.espdl", 16, 16, 16);
        Path b = write("b.espdl", ChipProgram.builder().metadata("target", "c").node(node("relu", "Relu", "x", "y"))
                .value(value("x", -2, 1, 1, 2, 3)).value(value("y", -2, 1, 1, 2, 3)).input("x").output("y"));
        Path x = input(1, 2, 3, 4, 5, 6);
        CommandRun.of("diff-run", a.toString(), b.toString(), "--input", x.toString()).fails(65, x + ": integers mean something else to "
                + "the two models, whose inputs have the exponents -3 and -2; give floats");
    }
}
