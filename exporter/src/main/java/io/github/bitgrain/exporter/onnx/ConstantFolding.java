package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;

/** Evaluates what exporters write to compute shapes: operators whose operands are all known while reading. */
final class ConstantFolding {
    private static final int LARGEST = 1 << 24;

    private interface Fold {
        OnnxConstant apply(OnnxNode node, TensorReader tensors);
    }

    private static final Map<String, Fold> TABLE = new TreeMap<>();

    static {
        TABLE.put("Constant", ConstantFolding::constant);
        TABLE.put("ConstantOfShape", ConstantFolding::constantOfShape);
        TABLE.put("Identity", (node, tensors) -> node.constant(0));
        TABLE.put("Cast", (node, tensors) -> cast(node));
        TABLE.put("Gather", (node, tensors) -> gather(node));
        TABLE.put("Unsqueeze", (node, tensors) -> unsqueeze(node));
        TABLE.put("Squeeze", (node, tensors) -> squeeze(node));
        TABLE.put("Reshape", (node, tensors) -> reshape(node));
        TABLE.put("Expand", (node, tensors) -> expand(node));
        TABLE.put("Concat", (node, tensors) -> concat(node));
        TABLE.put("Slice", (node, tensors) -> slice(node));
        TABLE.put("Range", (node, tensors) -> range(node));
        TABLE.put("Transpose", (node, tensors) -> transpose(node));
        TABLE.put("Where", (node, tensors) -> ConstantMath.where(node));
        unary("Neg", v -> -v);
        unary("Not", v -> v == 0 ? 1 : 0);
        unary("Abs", Math::abs);
        unary("Floor", Math::floor);
        unary("Ceil", Math::ceil);
        unary("Round", Math::rint);
        unary("Sqrt", Math::sqrt);
        unary("Reciprocal", v -> 1 / v);
        unary("Exp", Math::exp);
        unary("Log", Math::log);
        unary("Sin", Math::sin);
        unary("Cos", Math::cos);
        binary("Add", Long::sum, Double::sum);
        binary("Sub", (a, b) -> a - b, (a, b) -> a - b);
        binary("Mul", (a, b) -> a * b, (a, b) -> a * b);
        binary("Div", (a, b) -> a / b, (a, b) -> a / b);
        binary("Max", Math::max, Math::max);
        binary("Min", Math::min, Math::min);
        binary("And", (a, b) -> a & b, (a, b) -> Double.NaN);
        binary("Or", (a, b) -> a | b, (a, b) -> Double.NaN);
        compare("Equal", sign -> sign == 0);
        compare("Less", sign -> sign < 0);
        compare("LessOrEqual", sign -> sign <= 0);
        compare("Greater", sign -> sign > 0);
        compare("GreaterOrEqual", sign -> sign >= 0);
        reduce("ReduceProd", (a, b) -> a * b, (a, b) -> a * b);
        reduce("ReduceSum", Long::sum, Double::sum);
        reduce("ReduceMax", Math::max, Math::max);
        reduce("ReduceMin", Math::min, Math::min);
    }

    private ConstantFolding() {}

    private static void unary(String type, DoubleUnaryOperator f) {
        TABLE.put(type, (node, tensors) -> ConstantMath.map(node, f));
    }

    private static void binary(String type, LongBinaryOperator onLongs, DoubleBinaryOperator onReals) {
        TABLE.put(type, (node, tensors) -> ConstantMath.binary(node, onLongs, onReals));
    }

    private static void compare(String type, ConstantMath.Test test) {
        TABLE.put(type, (node, tensors) -> ConstantMath.compare(node, test));
    }

    private static void reduce(String type, LongBinaryOperator onLongs, DoubleBinaryOperator onReals) {
        TABLE.put(type, (node, tensors) -> ConstantMath.reduce(node, onLongs, onReals));
    }

    /** The value of a node whose operands are all constants, or null if the node is none of those that are folded. */
    static OnnxConstant fold(OnnxNode node, TensorReader tensors) {
        if (node.type().equals("Shape") && node.hasInput(0)) {
            return shape(node);
        }
        if (node.type().equals("Size") && node.hasInput(0)) {
            return OnnxConstant.of(Shape.of(), new long[] {node.shape(0).size()});
        }
        Fold fold = TABLE.get(node.type());
        if (fold == null) {
            return null;
        }
        for (int i = 0; i < node.inputCount(); i++) {
            if (node.hasInput(i) && node.constant(i) == null) {
                return null;
            }
        }
        try {
            return fold.apply(node, tensors);
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw node.fail("its constant operands do not fit together (" + e.getMessage() + ")");
        }
    }

    private static OnnxConstant shape(OnnxNode node) {
        int[] dims = node.shape(0).dims();
        int start = Math.clamp(from(node.integer("start", 0), dims.length), 0, dims.length);
        int end = Math.clamp(from(node.integer("end", dims.length), dims.length), start, dims.length);
        return OnnxConstant.vector(Arrays.stream(dims, start, end).asLongStream().toArray());
    }

    private static long from(long index, int length) {
        return index < 0 ? index + length : index;
    }

    private static OnnxConstant constant(OnnxNode node, TensorReader tensors) {
        AttributeProto value = node.attribute("value");
        if (value != null) {
            return tensors.read(value.getT());
        }
        if (node.has("value_float")) {
            return OnnxConstant.of(Shape.of(), new float[] {node.real("value_float", 0)});
        }
        if (node.has("value_int")) {
            return OnnxConstant.of(Shape.of(), new long[] {node.integer("value_int", 0)});
        }
        if (node.has("value_ints")) {
            return OnnxConstant.vector(node.integers("value_ints", List.of()).stream().mapToLong(Long::longValue).toArray());
        }
        AttributeProto floats = node.attribute("value_floats");
        if (floats == null) {
            throw node.fail("has neither a tensor nor numbers; strings and sparse tensors are not supported");
        }
        float[] values = new float[floats.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats.getFloats(i);
        }
        return OnnxConstant.of(Shape.of(values.length), values);
    }

    private static OnnxConstant constantOfShape(OnnxNode node, TensorReader tensors) {
        long[] dims = node.constant(0).longs();
        Shape shape = Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray());
        if (shape.size() > LARGEST) {
            throw node.fail("makes " + shape.size() + " elements; at most " + LARGEST + " are supported");
        }
        AttributeProto attribute = node.attribute("value");
        OnnxConstant value = attribute == null ? OnnxConstant.of(Shape.of(1), new float[1]) : tensors.read(attribute.getT());
        if (value.isFloat()) {
            float[] floats = new float[shape.size()];
            Arrays.fill(floats, value.floats()[0]);
            return OnnxConstant.of(shape, floats);
        }
        long[] longs = new long[shape.size()];
        Arrays.fill(longs, value.longs()[0]);
        return OnnxConstant.of(shape, longs);
    }

    private static OnnxConstant cast(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        DataType to = DataType.forNumber(Math.toIntExact(node.integer("to", 0)));
        if (to == DataType.BOOL) {
            long[] truths = new long[x.size()];
            for (int i = 0; i < truths.length; i++) {
                truths[i] = x.real(i) != 0 ? 1 : 0;
            }
            return OnnxConstant.of(x.shape(), truths);
        }
        boolean real = to == DataType.FLOAT || to == DataType.DOUBLE || to == DataType.FLOAT16 || to == DataType.BFLOAT16;
        if (real == x.isFloat()) {
            return x;
        }
        if (real) {
            float[] floats = new float[x.size()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = x.longs()[i];
            }
            return OnnxConstant.of(x.shape(), floats);
        }
        long[] longs = new long[x.size()];
        for (int i = 0; i < longs.length; i++) {
            longs[i] = (long) x.floats()[i];
        }
        return OnnxConstant.of(x.shape(), longs);
    }

    /** Elements of x at the given places, in a new shape. */
    private static OnnxConstant pick(OnnxConstant x, Shape shape, int[] places) {
        if (x.isFloat()) {
            float[] floats = new float[places.length];
            for (int i = 0; i < places.length; i++) {
                floats[i] = x.floats()[places[i]];
            }
            return OnnxConstant.of(shape, floats);
        }
        return OnnxConstant.of(shape, Arrays.stream(places).mapToLong(place -> x.longs()[place]).toArray());
    }

    private static OnnxConstant gather(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        OnnxConstant indices = node.constant(1);
        int axis = x.shape().axis(node.axis("axis", 0));
        int extent = x.shape().dim(axis);
        int outer = x.shape().size(0, axis);
        int inner = x.shape().size(axis + 1, x.shape().rank());
        int[] places = new int[Math.multiplyExact(outer * inner, indices.size())];
        int at = 0;
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < indices.size(); i++) {
                int index = Math.toIntExact(from(indices.longs()[i], extent));
                for (int k = 0; k < inner; k++) {
                    places[at++] = (o * extent + index) * inner + k;
                }
            }
        }
        List<Integer> dims = new ArrayList<>();
        for (int i = 0; i < x.shape().rank(); i++) {
            if (i == axis) {
                Arrays.stream(indices.shape().dims()).forEach(dims::add);
            } else {
                dims.add(x.shape().dim(i));
            }
        }
        return pick(x, Shape.of(dims), places);
    }

    private static OnnxConstant unsqueeze(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        List<Long> axes = node.integers(1, "axes", List.of());
        int rank = x.shape().rank() + axes.size();
        boolean[] added = new boolean[rank];
        axes.forEach(axis -> added[Math.toIntExact(from(axis, rank))] = true);
        int[] dims = new int[rank];
        int next = 0;
        for (int i = 0; i < rank; i++) {
            dims[i] = added[i] ? 1 : x.shape().dim(next++);
        }
        return x.withShape(Shape.of(dims));
    }

    private static OnnxConstant squeeze(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        List<Long> axes = node.integers(1, "axes", List.of());
        List<Integer> dims = new ArrayList<>();
        for (int i = 0; i < x.shape().rank(); i++) {
            boolean gone = axes.isEmpty() ? x.shape().dim(i) == 1 : axes.contains((long) i) || axes.contains((long) i - x.shape().rank());
            if (!gone) {
                dims.add(x.shape().dim(i));
            }
        }
        return x.withShape(Shape.of(dims));
    }

    private static OnnxConstant reshape(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        long[] wanted = node.constant(1).longs();
        int[] dims = new int[wanted.length];
        int known = 1;
        int open = -1;
        for (int i = 0; i < dims.length; i++) {
            dims[i] = wanted[i] == 0 ? x.shape().dim(i) : Math.toIntExact(wanted[i]);
            if (dims[i] == -1) {
                open = i;
            } else {
                known = Math.multiplyExact(known, dims[i]);
            }
        }
        if (open >= 0) {
            dims[open] = x.size() / known;
        }
        Shape shape = Shape.of(dims);
        if (shape.size() != x.size()) {
            throw node.fail(x.shape() + " does not reshape to " + shape);
        }
        return x.withShape(shape);
    }

    private static OnnxConstant expand(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        Shape shape = x.shape().broadcast(Shape.of(Arrays.stream(node.constant(1).longs()).mapToInt(Math::toIntExact).toArray()));
        if (shape.size() > LARGEST) {
            throw node.fail("makes " + shape.size() + " elements; at most " + LARGEST + " are supported");
        }
        return pick(x, shape, ConstantMath.places(x.shape(), shape));
    }

    private static OnnxConstant concat(OnnxNode node) {
        OnnxConstant first = node.constant(0);
        int axis = first.shape().axis(node.axis("axis", 0));
        int outer = first.shape().size(0, axis);
        int total = 0;
        for (int i = 0; i < node.inputCount(); i++) {
            total += node.constant(i).shape().dim(axis);
        }
        Shape shape = first.shape().with(axis, total);
        float[] floats = first.isFloat() ? new float[shape.size()] : null;
        long[] longs = first.isFloat() ? null : new long[shape.size()];
        int at = 0;
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < node.inputCount(); i++) {
                OnnxConstant part = node.constant(i);
                int run = part.shape().size(axis, part.shape().rank());
                if (floats != null) {
                    System.arraycopy(part.floats(), o * run, floats, at, run);
                } else {
                    System.arraycopy(part.longs(), o * run, longs, at, run);
                }
                at += run;
            }
        }
        return new OnnxConstant(shape, floats, longs);
    }

    private static OnnxConstant slice(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        List<Long> starts = node.integers(1, "starts", List.of());
        List<Long> ends = node.integers(2, "ends", List.of());
        List<Long> axes = node.integers(3, "axes", null);
        List<Long> steps = node.hasInput(4) ? node.integers(4, "steps", null) : null;
        OnnxConstant result = x;
        for (int i = 0; i < starts.size(); i++) {
            int axis = x.shape().axis(axes == null ? i : Math.toIntExact(axes.get(i)));
            int step = steps == null ? 1 : Math.toIntExact(steps.get(i));
            int extent = result.shape().dim(axis);
            int start = Math.clamp(from(starts.get(i), extent), step > 0 ? 0 : -1, step > 0 ? extent : extent - 1);
            int end = Math.clamp(from(ends.get(i), extent), step > 0 ? 0 : -1, extent);
            List<Integer> picked = new ArrayList<>();
            for (int at = start; step > 0 ? at < end : at > end; at += step) {
                picked.add(at);
            }
            int outer = result.shape().size(0, axis);
            int inner = result.shape().size(axis + 1, result.shape().rank());
            int[] places = new int[outer * picked.size() * inner];
            int to = 0;
            for (int o = 0; o < outer; o++) {
                for (int at : picked) {
                    for (int k = 0; k < inner; k++) {
                        places[to++] = (o * extent + at) * inner + k;
                    }
                }
            }
            result = pick(result, result.shape().with(axis, picked.size()), places);
        }
        return result;
    }

    private static OnnxConstant range(OnnxNode node) {
        double start = node.constant(0).real(0);
        double step = node.constant(2).real(0);
        int count = (int) Math.clamp(Math.ceil((node.constant(1).real(0) - start) / step), 0, LARGEST);
        if (node.constant(0).isFloat()) {
            float[] floats = new float[count];
            for (int i = 0; i < count; i++) {
                floats[i] = (float) (start + i * step);
            }
            return OnnxConstant.of(Shape.of(count), floats);
        }
        long[] longs = new long[count];
        for (int i = 0; i < count; i++) {
            longs[i] = (long) (start + i * step);
        }
        return OnnxConstant.of(Shape.of(count), longs);
    }

    private static OnnxConstant transpose(OnnxNode node) {
        OnnxConstant x = node.constant(0);
        int rank = x.shape().rank();
        List<Long> given = node.integers("perm", List.of());
        int[] strides = x.shape().strides();
        int[] dims = new int[rank];
        int[] steps = new int[rank];
        for (int i = 0; i < rank; i++) {
            int axis = given.isEmpty() ? rank - 1 - i : Math.toIntExact(given.get(i));
            dims[i] = x.shape().dim(axis);
            steps[i] = strides[axis];
        }
        int[] places = new int[x.size()];
        int[] index = new int[rank];
        for (int i = 0; i < places.length; i++) {
            int place = 0;
            for (int axis = 0; axis < rank; axis++) {
                place += index[axis] * steps[axis];
            }
            places[i] = place;
            for (int axis = rank - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return pick(x, Shape.of(dims), places);
    }
}
