package io.github.bitgrain.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.differentiate.Gradients;
import io.github.bitgrain.core.evaluate.Evaluators;
import io.github.bitgrain.core.graph.ShapeRules;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.simulator.ChipHazard.Kind;
import io.github.bitgrain.simulator.kernel.ChipKernels;
import io.github.bitgrain.simulator.kernel.HazardRules;
import io.github.bitgrain.simulator.lowering.ChipOperators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The tables keyed by operator, seen side by side: writes {@code docs/operators.md} when asked to
 * ({@code -Dbitgrain.regenerate=true}), and else checks that the file says what the tables say.
 */
class OperatorTableTest {
    private static final Path ROOT = Path.of(System.getProperty("bitgrain.root"));
    private static final Path DOCUMENT = ROOT.resolve("docs/operators.md");
    private static final Path RECORDS = ROOT.resolve("core/src/main/java/io/github/bitgrain/core/op");
    private static final Pattern ONNX_TYPE = Pattern.compile("onnxType\\(\\) \\{\\s*return \"(\\w+)\"");

    @Test
    void theDocumentSaysWhatTheTablesSay() throws IOException {
        String text = text();
        if (Boolean.getBoolean("bitgrain.regenerate")) {
            Files.writeString(DOCUMENT, text);
        }
        assertEquals(text, Files.readString(DOCUMENT),
                "docs/operators.md is out of date: run this test with -Dbitgrain.regenerate=true and commit the file");
    }

    @Test
    void everyOperatorHasAShapeAndAValue() throws IOException {
        assertEquals(operators(), ShapeRules.supported().stream().collect(byName()));
        Set<String> withoutValue = operators();
        withoutValue.removeAll(Evaluators.supported().stream().collect(byName()));
        assertEquals(Set.of(), withoutValue);
    }

    @Test
    void whatAProgramCanContainCanBeSimulated() throws IOException {
        Set<String> missing = new TreeSet<>();
        for (String operator : operators()) {
            // Lowering renames one: the loader knows no GlobalMaxPool, MaxPool with one window is the same.
            if (ChipOperators.supports(record(operator)) && !operator.equals("GlobalMaxPool") && !ChipKernels.types().contains(onnxType(operator))) {
                missing.add(operator);
            }
        }
        assertEquals(Set.of(), missing);
    }

    private static java.util.stream.Collector<Class<? extends Op>, ?, TreeSet<String>> byName() {
        return Collectors.mapping(Class::getSimpleName, Collectors.toCollection(TreeSet::new));
    }

    private static TreeSet<String> operators() throws IOException {
        try (Stream<Path> files = Files.list(RECORDS)) {
            TreeSet<String> names = new TreeSet<>();
            for (Path file : files.toList()) {
                if (Files.readString(file).contains(" implements Op ")) {
                    names.add(file.getFileName().toString().replace(".java", ""));
                }
            }
            return names;
        }
    }

    private static Class<? extends Op> record(String name) {
        try {
            return Class.forName(Op.class.getPackageName() + "." + name).asSubclass(Op.class);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static String onnxType(String operator) throws IOException {
        Matcher matcher = ONNX_TYPE.matcher(Files.readString(RECORDS.resolve(operator + ".java")));
        return matcher.find() ? matcher.group(1) : operator;
    }

    private static String text() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# Operators");
        lines.add("");
        lines.add("Written by `mvn -pl tests -am test -Dtest=OperatorTableTest -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dbitgrain.regenerate=true` from the tables");
        lines.add("of the program; the same test fails when this file is out of date.");
        lines.add("");
        lines.add("## On the chip");
        lines.add("");
        lines.add("Operator by target and bits, as `simulate` and `verify` compute them. **exact**: the chip's own values, bit by bit; a letter:"
                + " except in");
        lines.add("the cases below, which `inspect` names by node. **hazard**: always such a case. **–**: not on the chip. Evidence *golden*:"
                + " cases");
        lines.add("computed by ESP-DL's own kernels (`golden/ops`), *formula*: values worked out by hand (`FormulaTest`), both at 8 and 16 bits;"
                + " in the");
        lines.add("column of float islands *plain* means the formula without scales, within rounding.");
        lines.add("");
        for (Kind kind : Kind.values()) {
            if (kind != Kind.MALFORMED) {
                lines.add("* " + letter(kind) + ": " + kind.text());
            }
        }
        lines.add("");
        lines.add("What the simulator does in each case: [chip.md](chip.md).");
        lines.add("");
        lines.add("| operator | evidence | c 8 | c 16 | esp32s3 8 | esp32s3 16 | esp32p4 8 | esp32p4 16 | float |");
        lines.add("|---|---|---|---|---|---|---|---|---|");
        for (String type : ChipKernels.types()) {
            lines.add("| " + type + " | " + ChipKernels.evidence(type).name().toLowerCase(Locale.ROOT) + " | " + Stream.of(Target.values())
                    .flatMap(target -> Stream.of(8, 16).map(bits -> cell(type, target, bits))).collect(Collectors.joining(" | "))
                    + " | " + floatCell(type) + " |");
        }
        lines.add("");
        lines.add("## In the graph");
        lines.add("");
        lines.add("Operator by aspect: shape inference, float evaluation, gradient (`core`), reading from ONNX (`exporter`), lowering to a chip"
                + " program");
        lines.add("(`simulator`). Graph passes rewrite batch normalization and transposed convolution for the chip; losses and fake"
                + " quantization are");
        lines.add("for training. What has no gradient is for the application, which computes it behind the network (onnx.md).");
        lines.add("");
        lines.add("| operator | shape | evaluation | gradient | ONNX | chip |");
        lines.add("|---|---|---|---|---|---|");
        for (String operator : operators()) {
            Class<? extends Op> record = record(operator);
            lines.add("| " + operator + " | " + Stream.of(ShapeRules.supported().contains(record), Evaluators.supported().contains(record),
                            Gradients.supported().contains(record), OnnxReader.operators().contains(onnxType(operator)),
                            ChipOperators.supports(record))
                    .map(has -> has ? "yes" : "–").collect(Collectors.joining(" | ")) + " |");
        }
        return String.join("\n", lines) + "\n";
    }

    private static String cell(String type, Target target, int bits) {
        String letters = HazardRules.possible(type, target, bits).stream().map(OperatorTableTest::letter).collect(Collectors.joining(" "));
        return ((HazardRules.always(type, target, bits) ? "hazard " : "exact ") + letters).strip();
    }

    private static String floatCell(String type) {
        if (!HazardRules.hasFloatKernel(type)) {
            return "–";
        }
        String letters = HazardRules.possible(type, Target.C, HazardRules.FLOAT_BITS).stream()
                .map(OperatorTableTest::letter).collect(Collectors.joining(" "));
        return ("plain " + letters).strip();
    }

    private static String letter(Kind kind) {
        return String.valueOf((char) ('a' + kind.ordinal()));
    }
}
