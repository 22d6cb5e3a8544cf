package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.Main;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.testing.EspdlMutation;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a file holds, the command line answers with a documented exit code and one line, and leaves nothing half-written. */
class CommandLineFuzzTest {
    private static final Set<Integer> DOCUMENTED = Set.of(0, 1, 2, 65, 73);
    private static final int ROUNDS = Integer.getInteger("bitgrain.fuzz.rounds", 150);
    private static final long SEED = Long.getLong("bitgrain.fuzz.seed", 0);

    @TempDir
    Path folder;

    private Path input;
    private Path output;

    @BeforeEach
    void makeFolders() throws IOException {
        input = Files.createDirectory(folder.resolve("in"));
        output = Files.createDirectory(folder.resolve("out"));
    }

    private void check(String... args) throws IOException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
        String said = String.join(" ", args) + " → " + exit + ": " + err;
        assertTrue(DOCUMENTED.contains(exit), said);
        List<String> messages = err.toString().lines().filter(line -> line.startsWith("bitgrain: ")).toList();
        assertEquals(exit == 0 || exit == 1 ? 0 : 1, messages.size(), said);
        assertFalse(err.toString().contains("Exception") || err.toString().contains("\tat "), said);
        if (exit > 1) {
            assertTrue(err.toString().stripTrailing().endsWith(messages.getFirst()), said);
            assertEquals("", out.toString(), said);
            try (Stream<Path> files = Files.list(output)) {
                assertEquals(List.of(), files.toList(), said);
            }
        }
    }

    /** Cut, overwritten, repeated or random; the beginning is hit more often, since headers are there. */
    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        switch (random.nextInt(8)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = new byte[random.nextInt(200)];
            case 2 -> {
                bytes = new byte[random.nextInt(2000)];
                random.nextBytes(bytes);
            }
            case 3 -> {
                int from = random.nextInt(bytes.length);
                int length = Math.min(random.nextInt(1, 64), bytes.length - from);
                System.arraycopy(good, random.nextInt(bytes.length - length + 1), bytes, from, length);
            }
            default -> {
                for (int i = random.nextInt(1, 9); i > 0; i--) {
                    int at = random.nextInt(random.nextBoolean() ? Math.min(bytes.length, 600) : bytes.length);
                    bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[at] ^ 1 << random.nextInt(8));
                }
            }
        }
        return bytes;
    }

    @Test
    void brokenNetworksAreAnsweredInOneLine() throws IOException {
        byte[] good = Files.readAllBytes(SharedData.path("golden/esp-ppq/models/lenet.onnx"));
        Path samples = Files.write(input.resolve("x.npy"), head(SharedData.path("golden/esp-ppq/data/lenet/val_x.npy"), 2, 784));
        Path labels = labels(2);
        Path model = input.resolve("m.onnx");
        Random random = new Random(SEED + 1);
        for (int i = 0; i < ROUNDS; i++) {
            Files.write(model, mutate(good, random));
            check("inspect", model.toString(), "--json");
            check("evaluate", model.toString(), "--data", samples.toString(), "--labels", labels.toString(), "--json");
        }
    }

    @Test
    void brokenNetworksAndDataAreNotQuantized() throws IOException {
        byte[] good = Files.readAllBytes(SharedData.path("golden/esp-ppq/models/mbv2.onnx"));
        byte[] goodData = head(SharedData.path("golden/esp-ppq/data/mbv2/calib_x.npy"), 2, 3 * 64 * 64);
        Path model = input.resolve("m.onnx");
        Path data = input.resolve("x.npy");
        Random random = new Random(SEED + 5);
        for (int i = 0; i < ROUNDS / 5; i++) {
            boolean which = random.nextInt(3) > 0;
            Files.write(model, which ? mutate(good, random) : good);
            Files.write(data, which ? goodData : mutate(goodData, random));
            check("quantize", model.toString(), "--calib", data.toString(), "--target", "esp32s3", "--json", "-o",
                    output.resolve("m.espdl").toString());
            Files.deleteIfExists(output.resolve("m.espdl"));
        }
    }

    @Test
    void brokenChipModelsAreAnsweredInOneLine() throws IOException {
        byte[] good = Files.readAllBytes(SharedData.path("golden/espdl-vectors/esp32s3_tcn.espdl"));
        Path model = input.resolve("m.espdl");
        Random random = new Random(SEED + 2);
        for (int i = 0; i < 2 * ROUNDS; i++) {
            Files.write(model, mutate(good, random));
            check("inspect", model.toString(), "--json");
            check("verify", model.toString(), "--target", "esp32s3", "--json");
        }
    }

    @Test
    void chipModelsBrokenWhereTheirStructureLiesAreAnsweredInOneLine() throws IOException {
        Path model = input.resolve("m.espdl");
        Path lifted = output.resolve("f.onnx");
        Random random = new Random(SEED + 6);
        for (String name : List.of("espdl-vectors/esp32s3_tcn", "esp-ppq/e2e/zoo_act/esp32s3_8_kl", "esp-ppq/e2e/gru/esp32s3_8_kl")) {
            Path good = SharedData.path("golden/" + name + ".espdl");
            EspdlMutation mutation = new EspdlMutation(Files.readAllBytes(good));
            for (int i = 0; i < ROUNDS / 2; i++) {
                Files.write(model, mutation.next(random));
                check("inspect", model.toString(), "--json");
                check("inspect", model.toString());
                check("inspect", model.toString(), "--headroom", "--target", "esp32s3");
                check("verify", model.toString(), "--target", "esp32s3", "--json");
                check("diff", good.toString(), model.toString());
                check("inspect", model.toString(), "--to-float", lifted.toString(), "--target", "esp32s3");
                Files.deleteIfExists(lifted);
            }
        }
    }

    @Test
    void nodesWithoutOperandsAreInspected() throws IOException {
        ChipProgram good = EspdlReader.read(SharedData.path("golden/esp-ppq/e2e/gru/esp32s3_8_kl.espdl"));
        ChipTensor weights = good.parameters().values().iterator().next();
        Path model = input.resolve("m.espdl");
        for (String type : List.of("Conv", "Gemm", "ConvTranspose", "MatMul", "GRU", "LSTM")) {
            for (List<String> inputs : List.of(List.<String>of(), List.of("", weights.name()), List.of("scalar", weights.name()))) {
                ChipProgram broken = ChipProgram.builder().parameter(weights).input("scalar")
                        .value(new ChipValue("scalar", ElementType.INT8, List.of(), 0))
                        .node(new ChipNode("n", type, "", inputs, List.of(), new TreeMap<>())).build();
                Files.write(model, EspdlWriter.write(broken));
                check("inspect", model.toString(), "--json");
            }
        }
    }

    @Test
    void brokenDataIsAnsweredInOneLine() throws IOException {
        Path model = SharedData.path("golden/esp-ppq/e2e/lenet/esp32s3_8_kl.espdl");
        byte[] good = head(SharedData.path("golden/esp-ppq/data/lenet/val_x.npy"), 2, 784);
        byte[] goodLabels = Files.readAllBytes(labels(2));
        Path data = input.resolve("x.npy");
        Path labels = input.resolve("l.npy");
        Random random = new Random(SEED + 3);
        for (int i = 0; i < ROUNDS; i++) {
            boolean which = random.nextBoolean();
            Files.write(data, which ? mutate(good, random) : good);
            Files.write(labels, which ? goodLabels : mutate(goodLabels, random));
            check("evaluate", model.toString(), "--target", "esp32s3", "--data", data.toString(), "--labels", labels.toString(), "--json");
            check("simulate", model.toString(), "--target", "esp32s3", "--input", data.toString(), "--json");
        }
    }

    @Test
    void randomArgumentsAreAnsweredInOneLine() throws IOException {
        List<String> words = List.of("inspect", "verify", "simulate", "evaluate", "quantize", "diff", "--help", "--json", "--target", "c",
                "esp32s3", "--data", "--labels", "--scale", "1/0", "--mean", "nan", "--set", "=", "-o", "--metric", "--input", "-", "--",
                "@", "@missing", "x.onnx", "x.espdl", "", " ", "--layout", "nchw", "--calib", "é\n\t", "--bits", "7");
        Random random = new Random(SEED + 4);
        for (int i = 0; i < 6 * ROUNDS; i++) {
            String[] args = new String[random.nextInt(1, 7)];
            for (int k = 0; k < args.length; k++) {
                args[k] = words.get(random.nextInt(words.size()));
            }
            StringWriter err = new StringWriter();
            int exit = Main.run(args, new PrintWriter(new StringWriter()), new PrintWriter(err, true));
            assertTrue(DOCUMENTED.contains(exit), Arrays.toString(args) + " → " + exit + ": " + err);
            assertEquals(exit == 0 ? 0 : 1, err.toString().lines().count(), Arrays.toString(args) + " → " + exit + ": " + err);
        }
    }

    /** An .npy file with the first samples of another one that holds bytes; its header has the same length. */
    private static byte[] head(Path file, int samples, int sampleBytes) throws IOException {
        byte[] all = Files.readAllBytes(file);
        int start = 10 + (all[8] & 0xff) + ((all[9] & 0xff) << 8);
        byte[] part = Arrays.copyOf(all, start + samples * sampleBytes);
        String header = new String(part, 10, start - 10, StandardCharsets.ISO_8859_1);
        String changed = header.replaceFirst("\\((\\d+),", "(" + samples + ",").stripTrailing();
        changed += " ".repeat(header.length() - 1 - changed.length()) + "\n";
        System.arraycopy(changed.getBytes(StandardCharsets.ISO_8859_1), 0, part, 10, changed.length());
        return part;
    }

    private Path labels(int count) throws IOException {
        String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + count + ",), }";
        byte[] bytes = new byte[10 + header.length() + count];
        System.arraycopy(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), 0}, 0, bytes, 0, 10);
        System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, bytes, 10, header.length());
        return Files.write(input.resolve("labels.npy"), bytes);
    }
}
