package io.github.bitgrain.quantizer.plan;

import io.github.bitgrain.core.op.Abs;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.CrossEntropy;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Expand;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import java.util.Set;

/** How quantization treats each operator (esp-ppq: core/defs, quantization/quantizer/EspdlQuantizer.py). */
public final class OperatorTraits {
    /** Operators that ESP-PPQ leaves in float on every ESP-DL target. */
    private static final Set<Class<? extends Op>> FLOAT = Set.of(
            Log.class, Sqrt.class, Abs.class, Erf.class, Min.class, Reciprocal.class, Expand.class, BatchNorm.class, FakeQuant.class,
            CrossEntropy.class, MeanSquaredError.class);

    private static final Set<Class<? extends Op>> COMPUTING = Set.of(Conv.class, ConvTranspose.class, Gemm.class, MatMul.class);

    private static final Set<Class<? extends Op>> PASSIVE = Set.of(
            MaxPool.class, GlobalMaxPool.class, Reshape.class, Flatten.class, Identity.class, Slice.class, Pad.class, Split.class,
            Transpose.class, Squeeze.class, Unsqueeze.class, Gather.class, Embedding.class, ReduceMax.class, ReduceMin.class);

    private static final Set<Class<? extends Op>> ALIGNED = Set.of(Add.class, Sub.class, Concat.class, Resize.class);

    private OperatorTraits() {}

    /** Whether the operator can run on integers. */
    public static boolean isQuantizable(Op op) {
        return !FLOAT.contains(op.getClass());
    }

    /** Whether the operator has weights and most of the arithmetic. */
    public static boolean isComputing(Op op) {
        return COMPUTING.contains(op.getClass());
    }

    /** Whether the operator has a bias at operand 2 that goes into its accumulator. */
    public static boolean hasBias(Op op) {
        return isComputing(op) && !(op instanceof MatMul);
    }

    /** Whether the operand is such a bias. */
    public static boolean isBias(Op op, int operand) {
        return operand == 2 && hasBias(op);
    }

    /** Whether values pass unchanged, so that input and output share a scale. */
    public static boolean isPassive(Op op) {
        return PASSIVE.contains(op.getClass());
    }

    /** The operand whose scale a passive operator hands on. */
    public static int passedOperand(Op op) {
        return op instanceof Embedding ? Embedding.TABLE : 0;
    }

    /** Whether an operand holds row numbers, which have no scale. */
    public static boolean isIndex(Op op, int operand) {
        return op instanceof Embedding && operand == Embedding.INDICES;
    }

    /** Whether the operator may be fused into the one before it, which then takes its output scale. */
    public static boolean isFusedActivation(Op op) {
        return op instanceof Relu || op instanceof Clip;
    }

    /** Whether the chip needs the inputs at the output's exponent. */
    public static boolean alignsToOutput(Op op) {
        return ALIGNED.contains(op.getClass());
    }

    /** Whether the chip's result is float. */
    public static boolean hasFloatOutput(Op op) {
        return op instanceof Softmax || op instanceof LogSoftmax;
    }

    /**
     * Whether an operand (side input) or result of a recurrent operator is held at the gates' scale: biases and cells.
     */
    public static boolean isGate(Op op, boolean input, int index) {
        return input ? isRecurrent(op) && index == 3 || op instanceof Lstm && index == 6 : op instanceof Lstm && index == 2;
    }

    /** Exponent of the gates of an operator; of any other that does not walk through time, the usual one. */
    public static int gateExponent(Op op) {
        return switch (op) {
            case Gru gru -> gru.gateExponent();
            case Lstm lstm -> lstm.gateExponent();
            default -> GateQuantization.USUAL_EXPONENT;
        };
    }

    /** Whether an operand or result of a recurrent operator is a state, held at the scale of result 0. */
    public static boolean isState(Op op, boolean input, int index) {
        return isRecurrent(op) && index == (input ? 5 : 1);
    }

    /** Whether the operator walks through time. */
    public static boolean isRecurrent(Op op) {
        return op instanceof Gru || op instanceof Lstm;
    }

    /** Whether the chip keeps the parameter at this operand in float. */
    public static boolean isFloatParameter(Op op, int operand) {
        return op instanceof RmsNorm && operand == 1;
    }

    /** Channel axis of the weights of a Conv, ConvTranspose or Gemm; −1 for operators without per-channel weights. */
    public static int weightAxis(Op op) {
        return switch (op) {
            case Conv conv -> 0;
            case ConvTranspose conv -> 1;
            case Gemm gemm -> gemm.transB() ? 0 : 1;
            default -> -1;
        };
    }
}
