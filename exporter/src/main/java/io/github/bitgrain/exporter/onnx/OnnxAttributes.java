package io.github.bitgrain.exporter.onnx;

import com.google.protobuf.ByteString;
import io.github.bitgrain.core.op.Abs;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Expand;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Floor;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.IntegerDiv;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How operator sets 13 to 21 spell each operator: attributes, and structural operands as constants. The counterpart of {@link OnnxOperators}. */
final class OnnxAttributes {
    /** What a node has besides its tensor operands. */
    record Written(List<AttributeProto> attributes, Map<Integer, OnnxConstant> operands) {
        private static final Set<String> WINDOW = Set.of("kernel_shape", "strides", "dilations", "output_padding");

        /** The attributes of a node whose input has this shape: a window over sequences [N, C, L] has no height. */
        List<AttributeProto> attributes(Shape input) {
            return input == null || input.rank() != 3 ? attributes : attributes.stream().map(Written::withoutHeight).toList();
        }

        private static AttributeProto withoutHeight(AttributeProto attribute) {
            AttributeProto.Builder flat = attribute.toBuilder();
            if (WINDOW.contains(attribute.getName()) && attribute.getIntsCount() == 2) {
                return flat.clearInts().addInts(attribute.getInts(1)).build();
            }
            // Pads of a Pad are an operand, never an attribute here.
            return attribute.getName().equals("pads") && attribute.getIntsCount() == 4
                    ? flat.clearInts().addInts(attribute.getInts(1)).addInts(attribute.getInts(3)).build()
                    : attribute;
        }
    }

    /** From this operator set on the axes of all reductions are an operand. */
    static final int AXES_AS_OPERAND = 18;
    private static final int HARD_SWISH = 14;
    /** The operator set that has LayerNormalization. */
    static final int LAYER_NORM = 17;

    private final List<AttributeProto> attributes = new ArrayList<>();
    private final Map<Integer, OnnxConstant> operands = new TreeMap<>();

    private final int opset;

    private OnnxAttributes(int opset) {
        this.opset = opset;
    }

    /** The spelling of an operator, or null if the operator set does not have it. */
    static Written of(Op op, int opset) {
        OnnxAttributes form = new OnnxAttributes(opset);
        return form.describe(op) ? new Written(form.attributes, form.operands) : null;
    }

    private boolean describe(Op op) {
        switch (op) {
            case Abs o -> { }
            case Add o -> { }
            case Div o -> { }
            case Erf o -> { }
            case Floor o -> { }
            case IntegerDiv o -> { }
            case Exp o -> { }
            case GlobalAveragePool o -> { }
            case GlobalMaxPool o -> { }
            case Identity o -> { }
            case Log o -> { }
            case MatMul o -> { }
            case Max o -> { }
            case Min o -> { }
            case Mul o -> { }
            case Neg o -> { }
            case PRelu o -> { }
            case Reciprocal o -> { }
            case Relu o -> { }
            case Sigmoid o -> { }
            case Sqrt o -> { }
            case Sub o -> { }
            case Tanh o -> { }
            case AveragePool o -> pool(o.kernel(), o.stride(), o.pads(), o.ceil()).add("count_include_pad", o.countIncludePad() ? 1 : 0);
            case MaxPool o -> pool(o.kernel(), o.stride(), o.pads(), o.ceil()).add("dilations", o.dilation().h(), o.dilation().w());
            case BatchNorm o -> add("epsilon", o.epsilon()).add("momentum", o.momentum());
            case Clip o -> operand(1, o.min()).operand(2, o.max());
            case Concat o -> add("axis", (long) o.axis());
            case Conv o -> window(o.stride(), o.pads(), o.dilation(), o.groups());
            case ConvTranspose o -> window(o.stride(), o.pads(), o.dilation(), o.groups())
                    .add("output_padding", o.outputPadding().h(), o.outputPadding().w());
            case DepthToSpace o -> {
                add("blocksize", (long) o.block());
                attributes.add(AttributeProto.newBuilder().setName("mode").setType(AttributeProto.AttributeType.STRING)
                        .setS(ByteString.copyFromUtf8(o.columnRowDepth() ? "CRD" : "DCR")).build());
            }
            case SpaceToDepth o -> {
                if (o.channelsFirst()) {
                    return false;
                }
                add("blocksize", (long) o.block());
            }
            case Elu o -> add("alpha", o.alpha());
            case Expand o -> operand(1, o.shape());
            case Tile o -> operand(1, o.repeats());
            case Cast o -> add("to", o.toInteger() ? DataType.INT64_VALUE : DataType.FLOAT_VALUE);
            case Mod o -> add("fmod", o.truncated() ? 1 : 0);
            case TopK o -> add("axis", (long) o.axis()).add("largest", o.largest() ? 1 : 0).add("sorted", o.sorted() ? 1 : 0).operand(1, List.of((long) o.k()));
            case ArgMax o -> add("axis", (long) o.axis()).add("keepdims", o.keepDims() ? 1 : 0);
            case GatherElements o -> add("axis", (long) o.axis());
            case IndexedGather o -> add("axis", (long) o.axis());
            case GatherNd o -> add("batch_dims", (long) o.batchDims());
            case Flatten o -> add("axis", (long) o.axis());
            case Embedding o -> add("axis", 0L);
            case Gather o -> {
                add("axis", (long) o.axis());
                operands.put(1, OnnxConstant.of(o.indicesShape(), o.indices().stream().mapToLong(Integer::longValue).toArray()));
            }
            case Gemm o -> add("alpha", o.alpha()).add("beta", o.beta()).add("transA", o.transA() ? 1 : 0).add("transB", o.transB() ? 1 : 0);
            case Gru o -> {
                recurrent(o.hidden(), o.direction()).add("linear_before_reset", o.linearBeforeReset() ? 1 : 0);
                return o.gates() == null;
            }
            case Lstm o -> {
                recurrent(o.hidden(), o.direction());
                return o.gates() == null;
            }
            case HardSwish o -> {
                return opset >= HARD_SWISH;
            }
            case HardSigmoid o -> add("alpha", o.alpha()).add("beta", o.beta());
            case LayerNorm o -> {
                if (opset < LAYER_NORM) {
                    return false;
                }
                add("axis", (long) o.axis()).add("epsilon", o.epsilon());
            }
            case LeakyRelu o -> add("alpha", o.alpha());
            case LogSoftmax o -> add("axis", (long) o.axis());
            case Softmax o -> add("axis", (long) o.axis());
            case Pad o -> {
                text("mode", o.mode().name());
                List<Long> pads = new ArrayList<>();
                o.begins().forEach(pad -> pads.add((long) pad));
                o.ends().forEach(pad -> pads.add((long) pad));
                operand(1, pads).operand(2, o.value());
            }
            case ReduceMax o -> reduce(o.axes(), o.keepDims());
            case ReduceMean o -> reduce(o.axes(), o.keepDims());
            case ReduceMin o -> reduce(o.axes(), o.keepDims());
            case ReduceSum o -> {
                add("keepdims", o.keepDims() ? 1 : 0);
                operand(1, longs(o.axes()));
            }
            case Reshape o -> {
                if (o.allowZero()) {
                    return false;
                }
                operand(1, o.shape());
            }
            case Resize o -> resize(o);
            case Slice o -> operand(1, o.starts()).operand(2, o.ends()).operand(3, longs(o.axes())).operand(4, o.steps());
            case Split o -> add("axis", (long) o.axis()).operand(1, longs(o.sizes()));
            case Squeeze o -> operand(1, longs(o.axes()));
            case Unsqueeze o -> operand(1, longs(o.axes()));
            case Transpose o -> ints("perm", longs(o.permutation()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private OnnxAttributes window(Size stride, Pads pads, Size dilation, int groups) {
        return add("strides", stride.h(), stride.w()).add("pads", pads.top(), pads.left(), pads.bottom(), pads.right())
                .add("dilations", dilation.h(), dilation.w()).add("group", (long) groups);
    }

    private OnnxAttributes recurrent(int hidden, Direction direction) {
        text("direction", direction.name());
        return add("hidden_size", (long) hidden);
    }

    private OnnxAttributes pool(Size kernel, Size stride, Pads pads, boolean ceil) {
        return add("kernel_shape", kernel.h(), kernel.w()).add("strides", stride.h(), stride.w())
                .add("pads", pads.top(), pads.left(), pads.bottom(), pads.right()).add("ceil_mode", ceil ? 1 : 0);
    }

    private void reduce(List<Integer> axes, boolean keep) {
        add("keepdims", keep ? 1 : 0);
        if (opset < AXES_AS_OPERAND) {
            ints("axes", longs(axes));
        } else {
            operand(1, longs(axes));
        }
    }

    private void resize(Resize o) {
        text("mode", o.mode().name());
        text("coordinate_transformation_mode", o.coordinates().name());
        text("nearest_mode", o.nearest().name());
        add("cubic_coeff_a", o.cubicCoefficient());
        if (o.sizes().isEmpty()) {
            float[] scales = new float[o.scales().size()];
            for (int i = 0; i < scales.length; i++) {
                scales[i] = o.scales().get(i);
            }
            operands.put(2, OnnxConstant.of(Shape.of(scales.length), scales));
        } else {
            operand(3, o.sizes());
        }
    }

    private static List<Long> longs(List<Integer> values) {
        return values.stream().map(Integer::longValue).toList();
    }

    private OnnxAttributes operand(int index, List<Long> values) {
        operands.put(index, OnnxConstant.vector(values.stream().mapToLong(Long::longValue).toArray()));
        return this;
    }

    private OnnxAttributes operand(int index, float value) {
        operands.put(index, OnnxConstant.of(Shape.of(), new float[] {value}));
        return this;
    }

    private OnnxAttributes add(String name, long value) {
        attributes.add(AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build());
        return this;
    }

    private OnnxAttributes add(String name, float value) {
        attributes.add(AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOAT).setF(value).build());
        return this;
    }

    private OnnxAttributes add(String name, int first, int second, int... more) {
        List<Long> values = new ArrayList<>(List.of((long) first, (long) second));
        for (int value : more) {
            values.add((long) value);
        }
        return ints(name, values);
    }

    private OnnxAttributes ints(String name, List<Long> values) {
        attributes.add(AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS).addAllInts(values).build());
        return this;
    }

    private void text(String name, String value) {
        attributes.add(AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value.toLowerCase(Locale.ROOT))).build());
    }
}
