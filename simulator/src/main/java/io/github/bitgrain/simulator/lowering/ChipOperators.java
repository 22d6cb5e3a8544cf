package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.StreamingCache;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.simulator.lowering.DraftConstant.Role;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The one table of what the chip makes of an operator: layout rule, role of its constants, attributes. An operator without
 * a row has no kernel that ESP-DL's loader would find.
 */
public final class ChipOperators {
    /** Writes what a node needs besides its operands. */
    @FunctionalInterface
    private interface Writer<O extends Op> {
        void write(O op, NodeLowering node);
    }

    /** One row. */
    record Row(LayoutRule layout, List<Role> constants, Set<Trait> traits, Writer<Op> writer) {
        void write(Op op, NodeLowering node) {
            writer.write(op, node);
        }

        /** The role of a constant operand; null if the chip's operator takes none there. */
        Role role(int operand) {
            return operand < constants.size() ? constants.get(operand) : null;
        }
    }

    /** What passes need to know of an operator. */
    enum Trait {
        /** Copies or adds integers without (sound) rescaling: operands must be held exactly as the result is. */
        NO_RESCALING,
        /** A function of one element that an 8-bit node looks up in a table. */
        TABLE,
        /** Multiplies, so that the exponent of the result may not lie below the sum of the operands'. */
        MULTIPLIES
    }

    private static final List<Role> NONE = List.of();
    private static final List<Role> FILTER_AND_BIAS = listOfNullable(null, Role.FILTER, Role.BIAS);
    private static final List<Role> FILTER = listOfNullable(null, Role.FILTER);
    private static final List<Role> SLOPE = listOfNullable(null, Role.SLOPE);
    private static final List<Role> EITHER_AFTER = listOfNullable(null, Role.ELEMENTWISE, Role.ELEMENTWISE);
    private static final List<Role> RECURRENT = listOfNullable(
            null, Role.ELEMENTWISE, Role.ELEMENTWISE, Role.ELEMENTWISE, null, Role.ELEMENTWISE, Role.ELEMENTWISE);
    private static final List<Role> EITHER = List.of(Role.ELEMENTWISE, Role.ELEMENTWISE);

    private static final Map<Class<? extends Op>, Row> ROWS = new LinkedHashMap<>();

    static {
        row(Conv.class, LayoutRule.CHANNELS_LAST, FILTER_AND_BIAS, Set.of(Trait.MULTIPLIES), WindowLowering::conv);
        row(Gemm.class, LayoutRule.ONNX_ORDER, FILTER_AND_BIAS, Set.of(Trait.MULTIPLIES), MatrixLowering::gemm);
        row(MatMul.class, LayoutRule.ONNX_ORDER, FILTER, Set.of(Trait.MULTIPLIES), MatrixLowering::matMul);
        row(InsertZeros.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), WindowLowering::insertZeros);
        row(MaxPool.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), WindowLowering::maxPool);
        row(GlobalMaxPool.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), WindowLowering::globalMaxPool);
        row(AveragePool.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(), WindowLowering::averagePool);
        row(GlobalAveragePool.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(), ChipOperators::nothing);
        row(StreamingCache.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), (op, at) -> {
            at.node.attribute("window_size", op.window());
            // Counted in the chip's order of axes, channels last.
            at.node.attribute("frame_axis", 1);
        });
        row(Resize.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), WindowLowering::resize);

        row(Add.class, LayoutRule.ELEMENTWISE, EITHER, Set.of(Trait.NO_RESCALING), ChipOperators::nothing);
        row(Sub.class, LayoutRule.ELEMENTWISE, EITHER, Set.of(Trait.NO_RESCALING), ChipOperators::nothing);
        row(Mul.class, LayoutRule.ELEMENTWISE, EITHER, Set.of(Trait.MULTIPLIES), ChipOperators::nothing);
        row(Div.class, LayoutRule.ELEMENTWISE, EITHER, Set.of(), ChipOperators::nothing);

        activation(Relu.class, ChipOperators::nothing);
        activation(Sigmoid.class, ChipOperators::nothing);
        activation(Tanh.class, ChipOperators::nothing);
        activation(Swish.class, ChipOperators::nothing);
        activation(HardSwish.class, ChipOperators::nothing);
        activation(Exp.class, ChipOperators::nothing);
        activation(Log.class, ChipOperators::nothing);
        activation(Sqrt.class, ChipOperators::nothing);
        activation(Neg.class, ChipOperators::nothing);
        activation(Identity.class, ChipOperators::nothing);
        activation(LeakyRelu.class, (op, at) -> at.node.attribute("alpha", op.alpha()));
        activation(Elu.class, (op, at) -> at.node.attribute("alpha", op.alpha()));
        activation(Gelu.class, (op, at) -> at.node.attribute("approximate", op.tanh() ? "tanh" : "none"));
        activation(HardSigmoid.class, (op, at) -> {
            at.node.attribute("alpha", op.alpha());
            at.node.attribute("beta", op.beta());
        });
        activation(Clip.class, (op, at) -> {
            at.scalarLikeInput(1, "min", op.min());
            at.scalarLikeInput(2, "max", op.max());
        });
        row(PRelu.class, LayoutRule.ANY, SLOPE, Set.of(), MatrixLowering::prelu);

        row(Gru.class, LayoutRule.ONNX_ORDER, RECURRENT, Set.of(), (op, at) -> {
            if (!op.linearBeforeReset()) {
                throw at.node.refused("linear_before_reset = 0 has no kernel; train with linear_before_reset = 1 (PyTorch does)");
            }
            recurrent(op.hidden(), op.direction(), op.gateExponent(), at);
            at.node.attribute("linear_before_reset", 1);
        });
        row(Lstm.class, LayoutRule.ONNX_ORDER, RECURRENT, Set.of(), (op, at) -> recurrent(op.hidden(), op.direction(), op.gateExponent(), at));
        row(LayerNorm.class, LayoutRule.ONNX_ORDER, EITHER_AFTER, Set.of(), (op, at) -> {
            at.node.attribute("axis", op.axis());
            at.node.attribute("epsilon", op.epsilon());
            at.node.attribute("stash_type", 1);
        });
        row(RmsNorm.class, LayoutRule.ONNX_ORDER, EITHER_AFTER, Set.of(), (op, at) -> {
            at.node.attribute("axis", op.axis());
            at.node.attribute("epsilon", op.epsilon());
            at.node.attribute("stash_type", 1);
        });
        row(DepthToSpace.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), (op, at) -> {
            at.node.attribute("blocksize", op.block());
            at.node.attribute("mode", op.columnRowDepth() ? "CRD" : "DCR");
        });
        row(SpaceToDepth.class, LayoutRule.CHANNELS_LAST, NONE, Set.of(Trait.NO_RESCALING), (op, at) -> {
            if (!op.channelsFirst() && !at.parity()) {
                throw at.node.refused("the chip orders the channels otherwise; run the graph passes first: they put them in order");
            }
            at.node.attribute("blocksize", op.block());
        });

        row(Softmax.class, LayoutRule.AXIS, NONE, Set.of(), (op, at) -> at.node.attribute("axis", op.axis()));
        row(LogSoftmax.class, LayoutRule.AXIS, NONE, Set.of(), (op, at) -> at.node.attribute("axis", op.axis()));
        row(Split.class, LayoutRule.AXIS, NONE, Set.of(Trait.NO_RESCALING), ReshapeLowering::split);
        row(ReduceMean.class, LayoutRule.REDUCE, NONE, Set.of(),
                (op, at) -> ReshapeLowering.reduce(op.axes(), op.keepDims(), at));
        row(ReduceSum.class, LayoutRule.REDUCE, NONE, Set.of(),
                (op, at) -> ReshapeLowering.reduce(op.axes(), op.keepDims(), at));
        row(ReduceMax.class, LayoutRule.REDUCE, NONE, Set.of(Trait.NO_RESCALING),
                (op, at) -> ReshapeLowering.reduce(op.axes(), op.keepDims(), at));
        row(ReduceMin.class, LayoutRule.REDUCE, NONE, Set.of(Trait.NO_RESCALING),
                (op, at) -> ReshapeLowering.reduce(op.axes(), op.keepDims(), at));
        row(Concat.class, LayoutRule.CONCAT, NONE, Set.of(Trait.NO_RESCALING),
                (op, at) -> at.node.attribute("axis", op.axis()));

        moving(Reshape.class, LayoutRule.RESHAPE, ReshapeLowering::reshape);
        moving(Flatten.class, LayoutRule.FLATTEN, (op, at) -> at.node.attribute("axis", op.axis()));
        moving(Transpose.class, LayoutRule.TRANSPOSE, ReshapeLowering::transpose);
        moving(Squeeze.class, LayoutRule.SQUEEZE, ReshapeLowering::squeeze);
        moving(Unsqueeze.class, LayoutRule.UNSQUEEZE, ReshapeLowering::unsqueeze);
        moving(Slice.class, LayoutRule.SLICE, ReshapeLowering::slice);
        moving(Pad.class, LayoutRule.PAD, ReshapeLowering::pad);
        moving(Gather.class, LayoutRule.ONNX_ORDER, ReshapeLowering::gather);
        row(Embedding.class, LayoutRule.ONNX_ORDER, FILTER, Set.of(), ChipOperators::nothing);
    }

    private ChipOperators() {}

    /** Whether a chip program can contain the operator. */
    public static boolean supports(Class<? extends Op> op) {
        return ROWS.containsKey(op);
    }

    /** The first node that no chip program can contain, or null. */
    public static Node firstUnsupported(Graph graph) {
        return graph.nodes().stream().filter(node -> !supports(node.op().getClass())).findFirst().orElse(null);
    }

    /** The row of an operator, or null when the chip has no such operator. */
    static Row row(Op op) {
        return ROWS.get(op.getClass());
    }

    private static <O extends Op> void row(
            Class<O> op, LayoutRule layout, List<Role> constants, Set<Trait> traits, Writer<O> writer) {
        ROWS.put(op, new Row(layout, constants, traits, (any, at) -> writer.write(op.cast(any), at)));
    }

    private static <O extends Op> void activation(Class<O> op, Writer<O> writer) {
        row(op, LayoutRule.ANY, NONE, Set.of(Trait.TABLE), writer);
    }

    private static <O extends Op> void moving(Class<O> op, LayoutRule layout, Writer<O> writer) {
        row(op, layout, NONE, Set.of(Trait.NO_RESCALING), writer);
    }

    private static void recurrent(int hidden, Direction direction, int gateExponent, NodeLowering at) {
        if (at.inputShape(0).dim(1) != 1) {
            throw at.node.refused("the chip walks through one sequence at a time, this has " + at.inputShape(0).dim(1));
        }
        if (direction == Direction.REVERSE) {
            throw at.node.refused("the chip takes direction reverse for forward; reverse the sequence before the network or train a forward one");
        }
        at.node.attribute("hidden_size", hidden);
        at.node.attribute("direction", direction.name().toLowerCase(Locale.ROOT));
        at.node.attribute("gate_exponent", gateExponent);
    }

    private static void nothing(Op op, NodeLowering node) {
        // The operator has neither attributes nor constants of its own.
    }

    private static List<Role> listOfNullable(Role... roles) {
        return Collections.unmodifiableList(Arrays.asList(roles));
    }
}
