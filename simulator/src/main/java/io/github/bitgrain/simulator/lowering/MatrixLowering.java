package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;

/** Matrix products and PRelu. */
final class MatrixLowering {
    private static final int SLOPE_RANK = 3;
    private static final int BYTE_BITS = 8;

    private MatrixLowering() {}

    static void gemm(Gemm op, NodeLowering at) {
        if (op.alpha() != 1 || op.beta() != 1 || op.transA()) {
            throw at.node.refused("the chip's Gemm needs alpha = beta = 1 and an untransposed first operand;"
                    + " multiply the factors into weights and bias");
        }
        DraftConstant weight = at.node.constant(1);
        if (weight == null) {
            throw at.node.refused("the chip's Gemm needs constant weights; use MatMul for two variable operands");
        }
        at.replaceConstant(1, op.transB() ? weight.tensor : transposed(weight.tensor));
        if (at.node.inputs.size() > 2 && at.node.constant(2) == null && at.source.hasInput(2)) {
            throw at.node.refused("the chip's Gemm needs a constant bias; add it with Add");
        }
        if (at.node.constant(2) != null) {
            at.replaceConstant(2, bias(at.node.constant(2).tensor, at.node.constant(1).tensor.shape().dim(0), at));
        }
        at.node.attribute("alpha", 1f);
        at.node.attribute("beta", 1f);
        at.node.attribute("transB", 0);
    }

    private static Tensor transposed(Tensor matrix) {
        int rows = matrix.shape().dim(0);
        int columns = matrix.shape().dim(1);
        float[] data = new float[rows * columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                data[c * rows + r] = matrix.data()[r * columns + c];
            }
        }
        return new Tensor(Shape.of(columns, rows), data);
    }

    private static Tensor bias(Tensor given, int outputs, NodeLowering at) {
        float[] data = given.data();
        if (data.length == 1) {
            return Tensor.filled(Shape.of(outputs), data[0]);
        }
        Shape shape = given.shape();
        if (data.length != outputs || shape.dim(shape.rank() - 1) != outputs) {
            throw at.node.refused("the chip's Gemm adds one bias per output, this one has shape " + shape + "; add it with Add");
        }
        return given.reshape(Shape.of(outputs));
    }

    static void matMul(MatMul op, NodeLowering at) {
        if (at.node.value(0) == null) {
            throw at.node.refused("the chip's MatMul needs a variable first operand; swap and transpose the operands");
        }
    }

    static void prelu(PRelu op, NodeLowering at) {
        DraftConstant slope = at.node.constant(1);
        if (slope == null) {
            throw at.node.refused("the chip's PRelu needs a constant slope");
        }
        Tensor tensor = slope.tensor;
        int channels = at.inputShape(0).rank() > 1 ? at.inputShape(0).dim(1) : 1;
        boolean byTable = tensor.size() == 1 && at.node.bits == BYTE_BITS;
        if (byTable || at.parity() && (tensor.size() == 1 || tensor.shape().rank() == SLOPE_RANK)) {
            return;
        }
        if (tensor.size() == 1) {
            at.replaceConstant(1, Tensor.filled(Shape.of(channels, 1, 1), tensor.data()[0]));
            return;
        }
        if (tensor.size() != channels) {
            throw at.node.refused("the chip's PRelu has one slope per channel (" + channels + "), this one has shape " + tensor.shape());
        }
        at.replaceConstant(1, tensor.reshape(Shape.of(channels, 1, 1)));
    }
}
