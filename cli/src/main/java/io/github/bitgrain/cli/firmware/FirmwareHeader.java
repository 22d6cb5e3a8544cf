package io.github.bitgrain.cli.firmware;

import io.github.bitgrain.cli.data.Fraction;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.inspect.ChipFigures;
import io.github.bitgrain.cli.inspect.Inspection;
import io.github.bitgrain.cli.network.AxisOrder;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A C++11 header with what firmware must know to feed a model and to read its outputs: names, shapes, layouts, types, exponents,
 * preprocessing, sizes of buffers, names of classes. Constants only; no code of ESP-DL is needed to compile it.
 */
public final class FirmwareHeader {
    private final StringBuilder text = new StringBuilder();
    private final LoweredModel lowered;
    private final ChipProgram program;
    private final Set<String> taken = new HashSet<>();

    private FirmwareHeader(LoweredModel lowered) {
        this.lowered = lowered;
        this.program = lowered.program();
    }

    /**
     * The header.
     *
     * @param name name of the model; becomes the namespace
     * @param shapes ONNX's shape of every graph input and output, batch axis included
     * @param preprocessing how values of the data became values of the network, by input
     * @param classes names of classes, in order; empty if they are not known
     */
    public static String of(String name, LoweredModel lowered, Target target, Map<String, Shape> shapes,
            Map<String, Preprocessing.Affine> preprocessing, List<String> classes) {
        return new FirmwareHeader(lowered).header(name, target, shapes, preprocessing, classes);
    }

    private String header(String name, Target target, Map<String, Shape> shapes, Map<String, Preprocessing.Affine> preprocessing,
            List<String> classes) {
        Inspection figures = ChipFigures.of(name, program, target);
        line("// Written by Bitgrain together with the model; do not edit.");
        line("//");
        line("// A value v of the data becomes x = (v * preprocess_scale - preprocess_mean) / preprocess_std, channel by");
        line("// channel (one entry: the same for all channels), and x becomes the integer q = clamp(round(x / 2^exponent)), " + rounding(target) + ". ");
        line("// An output's integer q means q * 2^exponent.");
        line("#pragma once");
        line("");
        line("#include <cstddef>");
        line("#include <cstdint>");
        line("");
        line("namespace " + identifier("", name) + " {");
        line("");
        line("constexpr char model[] = " + string(name) + ";");
        line("constexpr char target[] = " + string(target.id()) + ";");
        line("");
        line("// Bytes of weights, biases and tables.");
        line("constexpr std::size_t parameter_bytes = " + figures.parameterBytes() + ";");
        line("// Most bytes that values in flight need at the same time; ESP-DL's planner may need more.");
        line("constexpr std::size_t activation_bytes = " + figures.activationBytes() + ";");
        line("");
        line("constexpr int input_count = " + program.inputs().size() + ";");
        line("constexpr int output_count = " + program.outputs().size() + ";");
        for (String input : program.inputs()) {
            value("input_", input, shapes.get(input), preprocessing.get(input));
        }
        for (String output : program.outputs()) {
            value("output_", output, shapes.get(output), null);
        }
        if (!classes.isEmpty()) {
            line("");
            line("constexpr int class_count = " + classes.size() + ";");
            line("constexpr const char *class_names[] = {");
            classes.forEach(each -> line("    " + string(each) + ","));
            line("};");
        }
        line("");
        line("}");
        return text.toString();
    }

    private static String rounding(Target target) {
        return target.rounding() == Rounding.HALF_EVEN ? "ties to even" : "ties up";
    }

    private void value(String prefix, String name, Shape onnx, Preprocessing.Affine steps) {
        ChipValue value = program.values().get(name);
        if (value == null) {
            // An output may be a constant of the network; there is nothing to read from the chip then.
            return;
        }
        line("");
        line("namespace " + identifier(prefix, name) + " {");
        line("constexpr char name[] = " + string(name) + ";");
        line("constexpr char dtype[] = " + string(value.type().name().toLowerCase(Locale.ROOT)) + ";");
        line("typedef " + type(value.type()) + " element;");
        line("constexpr int rank = " + value.shape().size() + ";");
        line("constexpr int shape[] = {" + joined(value.shape().isEmpty() ? List.of(1) : value.shape()) + "};");
        line("constexpr char layout[] = " + string(layout(value, onnx)) + ";");
        line("constexpr std::size_t count = " + value.count() + ";");
        line("constexpr std::size_t bytes = count * sizeof(element);");
        if (value.type().isQuantized()) {
            line("constexpr int exponent = " + value.exponent() + ";");
        }
        if (steps != null) {
            line("constexpr float preprocess_scale[] = {" + fractions(steps.scale()) + "};");
            line("constexpr float preprocess_mean[] = {" + fractions(steps.mean()) + "};");
            line("constexpr float preprocess_std[] = {" + fractions(steps.std()) + "};");
        }
        line("}");
    }

    /** The axes in memory: ONNX's, or channels last as the chip wants feature maps. */
    private String layout(ChipValue value, Shape onnx) {
        Shape chip = Shape.of(value.shape());
        float[] order = new float[value.count()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        boolean same = java.util.Arrays.equals(order, lowered.toChipOrder(value.name(), order));
        boolean channels = chip.rank() == 3 || chip.rank() == 4;
        if (chip.equals(onnx) && same) {
            return channels ? chip.rank() == 4 ? "NCHW" : "NCW" : "ONNX";
        }
        boolean last = channels && AxisOrder.channelsFirst(chip.without(0)).equals(onnx.without(0));
        return last ? chip.rank() == 4 ? "NHWC" : "NWC" : "other";
    }

    private static String type(ElementType type) {
        return switch (type) {
            case FLOAT32 -> "float";
            case FLOAT64 -> "double";
            case BOOL -> "bool";
            case FLOAT16 -> "std::uint16_t";
            default -> "std::" + type.name().toLowerCase(Locale.ROOT) + "_t";
        };
    }

    private static String fractions(List<Fraction> values) {
        return values.stream().map(f -> f.denominator() == 1 ? literal(f.numerator()) : literal(f.numerator()) + " / " + literal(f.denominator()))
                .collect(Collectors.joining(", "));
    }

    private static String literal(float value) {
        return value + "f";
    }

    private static String joined(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** A name that C++ allows and that stands for nothing else in this header. */
    private String identifier(String prefix, String name) {
        String plain = prefix + name.replaceAll("[^A-Za-z0-9]+", "_").replaceAll("^_+|_+$", "");
        String start = plain.isEmpty() || Character.isDigit(plain.charAt(0)) || prefix.isEmpty() && RESERVED.contains(plain) ? "model_" + plain : plain;
        return IntStream.iterate(1, n -> n + 1).mapToObj(n -> n == 1 ? start : start + "_" + n).filter(taken::add).findFirst().orElseThrow();
    }

    /** Words that a model may well be called and that C++ or this header uses. */
    private static final Set<String> RESERVED = Set.of("model", "std", "target", "class", "default", "new", "delete", "operator", "template", "this",
            "private", "public", "protected", "static", "struct", "union", "switch", "case", "register", "return", "export", "auto", "float",
            "double", "int", "char", "short", "long", "signed", "unsigned", "void", "bool", "true", "false", "if", "else", "for", "while", "do",
            "goto", "break", "continue", "try", "catch", "throw", "const", "constexpr", "volatile", "mutable", "extern", "inline", "explicit",
            "virtual", "friend", "typedef", "typename", "typeid", "using", "namespace", "enum", "sizeof", "alignas", "alignof", "decltype",
            "asm", "and", "or", "not", "xor", "bitand", "bitor", "compl", "and_eq", "or_eq", "not_eq", "xor_eq", "noexcept", "nullptr",
            "static_assert", "static_cast", "const_cast", "dynamic_cast", "reinterpret_cast", "thread_local", "char16_t", "char32_t", "wchar_t");

    /** A string literal in ASCII, whatever the name holds. */
    private static String string(String value) {
        StringBuilder literal = new StringBuilder("\"");
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            if (b == '"' || b == '\\' || b == '?') {
                literal.append('\\').append((char) b);
            } else if (b >= ' ' && b < 127) {
                literal.append((char) b);
            } else {
                literal.append(String.format("\\%03o", b & 0xff));
            }
        }
        return literal.append('"').toString();
    }

    private void line(String each) {
        text.append(each).append('\n');
    }
}
