package io.github.bitgrain.exporter.espdl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.simulator.ChipDiff;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.simulator.lowering.Lifting;
import io.github.bitgrain.testing.EspdlMutation;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever is wrong in a file, all that is done with it (reading, writing, comparing, bounds, the way back to float, running) ends
 * with a result or with one line that names the byte, the node or the value; never with another exception, never late, never
 * out of memory. The cases are files of single nodes, one for each operator, width and target of the reference exports,
 * and small whole ones, changed where their structure lies.
 */
class EspdlFuzzTest {
    private static final int CASES = Integer.getInteger("bitgrain.fuzz.cases", 2500);
    private static final long SEED = Long.getLong("bitgrain.fuzz.seed", 20240301);
    private static final long LATE_MILLISECONDS = 30_000;
    private static final int LARGEST_INPUT = 1 << 26;
    private static final Pattern NAMES_A_PLACE = Pattern.compile("byte \\d+|\".*\"|is no \\.espdl model|is encrypted", Pattern.DOTALL);

    private final Map<String, String> failures = new TreeMap<>();
    private int read;
    private int ran;

    private record Subject(String name, byte[] file, ChipProgram program, Target target, EspdlMutation mutation) {}

    @Test
    void noFileMakesAnythingFailOtherwiseThanInOneLine() throws IOException, InterruptedException {
        List<Subject> subjects = subjects();
        AtomicLong started = new AtomicLong(System.currentTimeMillis());
        AtomicLong current = new AtomicLong();
        Thread worker = Thread.ofPlatform().daemon().start(() -> {
            for (int i = 0; i < CASES; i++) {
                current.set(i);
                started.set(System.currentTimeMillis());
                one(subjects, i);
            }
        });
        while (!worker.join(java.time.Duration.ofSeconds(1))) {
            assertTrue(System.currentTimeMillis() - started.get() < LATE_MILLISECONDS, () -> "case " + current.get() + " of seed " + SEED
                    + " (" + subject(subjects, current.intValue()).name + ") does not end: " + List.of(worker.getStackTrace()));
        }
        assertEquals("", String.join(System.lineSeparator(), failures.values()));
        // Otherwise only the outermost checks were tested.
        assertTrue(read > CASES / 5 && ran > CASES / 20, read + " read, " + ran + " ran");
    }

    private static Subject subject(List<Subject> subjects, int index) {
        return subjects.get(new SplittableRandom(SEED + index).nextInt(subjects.size()));
    }

    private void one(List<Subject> subjects, int index) {
        SplittableRandom random = new SplittableRandom(SEED + index);
        Subject subject = subjects.get(random.nextInt(subjects.size()));
        byte[] file = subject.mutation.next(random);
        String name = subject.name + " case " + index;
        ChipProgram program = guarded(name + " read", () -> EspdlReader.read("fuzz.espdl", file));
        if (program == null) {
            return;
        }
        read++;
        guarded(name + " written", () -> {
            assertEquals(program, EspdlReader.read("again", EspdlWriter.write(program)));
            return program;
        });
        guarded(name + " compared", () -> ChipDiff.compare(subject.program, program));
        guarded(name + " bound", () -> Headroom.bound(program, subject.target));
        guarded(name + " watched", () -> watch(program, subject.target));
        guarded(name + " lifted", () -> OnnxWriter.write(Lifting.lift(program, subject.target)));
        if (guarded(name + " run", () -> run(program, subject.target)) != null) {
            ran++;
        }
    }

    private static Object watch(ChipProgram program, Target target) {
        Simulator simulator = new Simulator(program, target);
        Headroom.Watch watch = new Headroom.Watch(simulator, true);
        return watch.isNeeded() ? watch.layers() : watch;
    }

    private static Object run(ChipProgram program, Target target) {
        if (!program.testInputs().isEmpty()) {
            return TestVectors.verify(program, target);
        }
        Simulator simulator = new Simulator(program, target);
        for (String input : program.inputs()) {
            if (program.value(input).count() > LARGEST_INPUT) {
                // Who runs it has no such data.
                return null;
            }
            simulator.setInput(input, new float[program.value(input).count()]);
        }
        simulator.run();
        return simulator;
    }

    /** Null where the work was refused; whatever else happens is a failure, kept once for each place. */
    private <T> T guarded(String what, Supplier<T> work) {
        try {
            return work.get();
        } catch (BitgrainException e) {
            boolean oneLine = e.getMessage().lines().count() == 1 && e.getMessage().length() < 1200;
            if (e.kind() != BitgrainException.Kind.BAD_INPUT || !oneLine || !NAMES_A_PLACE.matcher(e.getMessage()).find()) {
                failures.putIfAbsent(e.getMessage().replaceAll("\\d+", "#"), what + ": " + e.getMessage());
            }
            return null;
        } catch (RuntimeException | Error e) {
            StackTraceElement[] trace = e.getStackTrace();
            List<StackTraceElement> own = Stream.of(trace).filter(t -> t.getClassName().startsWith("io.github.bitgrain")).limit(4).toList();
            failures.putIfAbsent(e.getClass() + " " + (own.isEmpty() ? "" : own.getFirst()), what + ": " + e + " at " + own);
            return null;
        }
    }

    private static List<Subject> subjects() throws IOException {
        Map<String, Subject> subjects = new LinkedHashMap<>();
        add(subjects, "everything", Samples.oneOfEverything(), Target.ESP32P4);
        for (Path file : files("golden/espdl-vectors")) {
            add(subjects, file.getFileName().toString(), EspdlReader.read(file), target(file));
        }
        for (Path file : files("golden/esp-ppq/e2e")) {
            if (file.getFileName().toString().matches("\\w+?_(8_kl|16_minmax)\\.espdl")) {
                ChipProgram program = EspdlReader.read(file);
                for (ChipNode node : program.nodes()) {
                    boolean wide = program.value(node.outputs().getFirst()).type().bytes() > 1;
                    String key = target(file).id() + " " + node.opType() + " " + node.integer("group", 1) + (wide ? " 16" : " 8");
                    if (!subjects.containsKey(key)) {
                        add(subjects, key, single(program, node), target(file));
                    }
                }
            }
        }
        assertTrue(subjects.size() > 100, "only " + subjects.size() + " subjects");
        return List.copyOf(subjects.values());
    }

    private static void add(Map<String, Subject> subjects, String name, ChipProgram program, Target target) {
        byte[] file = EspdlWriter.write(program);
        if (file.length < 1 << 16) {
            subjects.put(name, new Subject(name, file, program, target, new EspdlMutation(file)));
        }
    }

    private static Target target(Path file) {
        return Target.parse(file.getFileName().toString().split("_")[0]);
    }

    /** A program of one node of another: what it reads becomes inputs, what it makes outputs. */
    private static ChipProgram single(ChipProgram program, ChipNode node) {
        ChipProgram.Builder builder = ChipProgram.builder().name("single").node(node);
        Set<String> known = new HashSet<>();
        for (String input : node.inputs()) {
            if (input.isEmpty() || !known.add(input)) {
                continue;
            }
            ChipTensor parameter = program.parameters().get(input);
            if (parameter != null) {
                builder.parameter(parameter);
            } else {
                builder.value(program.value(input)).input(input);
            }
        }
        ChipTensor table = program.parameters().get(node.text(ChipNode.LUT, ""));
        if (table != null) {
            builder.parameter(table);
        }
        node.outputs().stream().filter(output -> !output.isEmpty()).forEach(output -> builder.value(program.value(output)).output(output));
        return builder.build();
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(SharedData.path(folder))) {
            return files.filter(file -> file.toString().endsWith(".espdl")).sorted().toList();
        }
    }
}
