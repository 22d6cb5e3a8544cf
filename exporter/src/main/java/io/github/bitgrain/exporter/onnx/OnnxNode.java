package io.github.bitgrain.exporter.onnx;

import com.google.protobuf.ByteString;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** A node of the file while it is converted: attributes by name, constants and shapes of its operands. */
final class OnnxNode {
    private final String file;
    private final String name;
    private final String type;
    private final int opset;
    private final List<String> inputs;
    private final int outputs;
    private final Map<String, AttributeProto> attributes = new LinkedHashMap<>();
    private final Set<String> read = new HashSet<>();
    private final Map<String, OnnxConstant> constants;
    private final Map<String, Shape> shapes;
    private final Predicate<String> integers;

    /** A node; {@code integers} tells of values that are no constants. */
    OnnxNode(String file, String name, String type, int opset, List<String> inputs, int outputs, List<AttributeProto> attributes,
            Map<String, OnnxConstant> constants, Map<String, Shape> shapes, Predicate<String> integers) {
        this.integers = integers;
        this.file = file;
        this.name = name;
        this.type = type;
        this.opset = opset;
        this.inputs = inputs;
        this.outputs = outputs;
        this.constants = constants;
        this.shapes = shapes;
        attributes.forEach(attribute -> this.attributes.put(attribute.getName(), attribute));
    }

    String type() {
        return type;
    }

    int opset() {
        return opset;
    }

    int inputCount() {
        return inputs.size();
    }

    int outputCount() {
        return outputs;
    }

    boolean hasInput(int index) {
        return index < inputs.size() && !inputs.get(index).isEmpty();
    }

    /** The constant at an input, or null when it is computed or absent. */
    OnnxConstant constant(int index) {
        return hasInput(index) ? constants.get(inputs.get(index)) : null;
    }

    /** The constant of this name, or null. */
    OnnxConstant constant(String value) {
        return constants.get(value);
    }

    /** Whether an input holds integers. */
    boolean isInteger(int index) {
        OnnxConstant constant = constant(index);
        return constant == null ? hasInput(index) && integers.test(inputs.get(index)) : !constant.isFloat();
    }

    /** The constant at an input that shapes the computation. */
    OnnxConstant requireConstant(int index, String role) {
        OnnxConstant constant = constant(index);
        if (constant == null) {
            throw fail(role + " (input " + index + ") is computed at run time; only constants are supported: simplify the model first");
        }
        return constant;
    }

    /** Integers of a constant input, or of the attribute that older operator sets have instead; {@code otherwise} if neither. */
    List<Long> integers(int index, String attribute, List<Long> otherwise) {
        if (hasInput(index)) {
            OnnxConstant constant = requireConstant(index, attribute);
            if (constant.isFloat()) {
                throw fail(attribute + " must be integers");
            }
            List<Long> values = new ArrayList<>();
            for (long value : constant.longs()) {
                values.add(value);
            }
            return values;
        }
        return integers(attribute, otherwise);
    }

    /** The shape of an input. */
    Shape shape(int index) {
        Shape shape = hasInput(index) ? shapes.get(inputs.get(index)) : null;
        if (shape == null) {
            throw fail("input " + index + " is missing");
        }
        return shape;
    }

    boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    private AttributeProto take(String attribute) {
        read.add(attribute);
        return attributes.get(attribute);
    }

    long integer(String attribute, long otherwise) {
        AttributeProto value = take(attribute);
        return value == null ? otherwise : value.getI();
    }

    int axis(String attribute, int otherwise) {
        return Math.toIntExact(Math.clamp(integer(attribute, otherwise), Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    boolean flag(String attribute, boolean otherwise) {
        return integer(attribute, otherwise ? 1 : 0) != 0;
    }

    float real(String attribute, float otherwise) {
        AttributeProto value = take(attribute);
        return value == null ? otherwise : value.getF();
    }

    String text(String attribute, String otherwise) {
        AttributeProto value = take(attribute);
        return value == null ? otherwise : value.getS().toStringUtf8();
    }

    /** A list of texts; empty if it is not there. */
    List<String> texts(String attribute) {
        AttributeProto value = take(attribute);
        return value == null ? List.of() : value.getStringsList().stream().map(ByteString::toStringUtf8).toList();
    }

    List<Long> integers(String attribute, List<Long> otherwise) {
        AttributeProto value = take(attribute);
        return value == null ? otherwise : value.getIntsList();
    }

    AttributeProto attribute(String attribute) {
        return take(attribute);
    }

    /** Says that an attribute changes nothing here. */
    void ignore(String... names) {
        read.addAll(List.of(names));
    }

    /** Refuses an attribute unless it has the value that means "not used". */
    void require(String attribute, long value, String reason) {
        if (integer(attribute, value) != value) {
            throw fail("attribute " + attribute + " = " + integer(attribute, value) + " is not supported: " + reason);
        }
    }

    /** Fails if the file sets an attribute that the conversion did not look at. */
    void requireAllRead() {
        for (String attribute : attributes.keySet()) {
            if (!read.contains(attribute)) {
                throw fail("attribute " + attribute + " is not supported; export the model without it");
            }
        }
    }

    /** A pair (h, w) from a list of one (w) or two integers. */
    Size size(String attribute, Size otherwise) {
        List<Long> values = integers(attribute, null);
        if (values == null || values.isEmpty()) {
            return otherwise;
        }
        if (values.size() > 2) {
            throw fail("attribute " + attribute + " has " + values.size() + " values; 1-D and 2-D operators are supported");
        }
        int first = extent(attribute, values.getFirst());
        return values.size() == 1 ? new Size(otherwise.h(), first) : new Size(first, extent(attribute, values.get(1)));
    }

    private int extent(String attribute, long value) {
        if (value < 0 || value > 1 << 20) {
            throw fail("attribute " + attribute + " holds " + value);
        }
        return (int) value;
    }

    /** Explicit padding from pads and auto_pad for windows of a kernel. */
    Pads pads(Size kernel, Size stride, Size dilation) {
        String automatic = text("auto_pad", "NOTSET");
        List<Long> pads = integers("pads", List.of());
        if (automatic.equals("SAME_UPPER") || automatic.equals("SAME_LOWER")) {
            Shape x = shape(0);
            boolean flat = x.rank() == 3;
            int vertical = flat ? 0 : same(x.dim(2), kernel.h(), stride.h(), dilation.h());
            int horizontal = same(x.dim(flat ? 2 : 3), kernel.w(), stride.w(), dilation.w());
            boolean upper = automatic.equals("SAME_UPPER");
            int top = upper ? vertical / 2 : vertical - vertical / 2;
            int left = upper ? horizontal / 2 : horizontal - horizontal / 2;
            return new Pads(top, left, vertical - top, horizontal - left);
        }
        if (automatic.equals("VALID") || pads.isEmpty()) {
            return Pads.NONE;
        }
        if (!automatic.equals("NOTSET")) {
            throw fail("auto_pad " + automatic + " is unknown");
        }
        List<Integer> values = pads.stream().map(pad -> extent("pads", pad)).toList();
        return switch (values.size()) {
            case 2 -> new Pads(0, values.get(0), 0, values.get(1));
            case 4 -> new Pads(values.get(0), values.get(1), values.get(2), values.get(3));
            default -> throw fail(values.size() + " pads; 1-D and 2-D operators are supported");
        };
    }

    private static int same(int in, int kernel, int stride, int dilation) {
        int out = (in + stride - 1) / stride;
        return Math.max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in);
    }

    BitgrainException fail(String reason) {
        return BitgrainException.badInput(file + ": node \"" + name + "\" (" + type + "): " + reason);
    }
}
