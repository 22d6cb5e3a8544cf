package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.simulator.ChipBuffer;

/**
 * Matrix products of whole floats whose sums are exact in single precision whatever the data are. The left operand is divided by 2^shift beforehand,
 * as the weights of a {@link WholeConv}.
 */
final class WholeProduct {
    private final FloatKernels kernels = Kernels.floats();
    private final NodeSetup node;
    private final int rows;
    private final int inner;
    private final int columns;
    private final ExactConv.Scaling scaling;
    private final float[] scale;

    private WholeProduct(NodeSetup node, int rows, int inner, int columns, ExactConv.Scaling scaling) {
        this.node = node;
        this.rows = rows;
        this.inner = inner;
        this.columns = columns;
        this.scaling = scaling;
        scale = new float[] {Math.scalb(1f, -scaling.shifts()[0])};
    }

    /** The products of matrices of this size, or null if only the data could prove that they are exact, or the right one has an incomplete block. */
    static WholeProduct of(NodeSetup node, int rows, int inner, int columns, ExactConv.Scaling scaling, Accumulation accumulation) {
        int bits = (node.inputType(0).bytes() + node.inputType(1).bytes()) * Byte.SIZE - 2;
        long safe = Math.min(accumulation.safe(0, 0), accumulation.safe(columns - 1, 0));
        boolean blocks = node.hasVectorUnit() && columns % node.lanes() == 0 && ChipBuffer.wholeStride(columns) == columns;
        return blocks && (long) inner << bits <= Math.min(ExactConv.LARGEST_IN_FLOAT - 1, safe) && WholeConv.covers(scaling)
                ? new WholeProduct(node, rows, inner, columns, scaling) : null;
    }

    /** Whether the operands lie as they are read here. */
    static boolean reads(ChipBuffer a, ChipBuffer b) {
        a.wholes();
        b.wholes();
        return a.isApart() && b.isApart();
    }

    /** Matrix m of the result, which has its shape already, from those at these places among the operands. */
    void run(ChipBuffer a, int matrixA, ChipBuffer b, int matrixB, ChipBuffer y, int m) {
        int rowA = a.wholeStride();
        float[] scaled = y.memory().takeFloats(rows * rowA);
        float[] turned = y.memory().takeFloats(inner * columns);
        kernels.binary(BinaryFunction.MULTIPLY, rows * rowA, a.wholes(), a.wholesOffset() + matrixA * rows * rowA, 1, scale, 0, 0, scaled, 0);
        int lanes = node.lanes();
        for (int first = 0; first < columns; first += lanes) {
            kernels.copyRows(inner, lanes, b.wholes(), b.wholesOffset() + (matrixB * columns + first) * inner, lanes, turned, first, columns);
        }
        int start = y.wholesOffset() + m * rows * y.wholeStride();
        kernels.gemm(rows, columns, inner, scaled, 0, rowA, 1, turned, 0, columns, 1, y.wholes(), start, y.wholeStride(), false);
        for (int row = 0; row < rows; row++) {
            int at = start + row * y.wholeStride();
            kernels.fakeQuantize(columns, y.wholes(), at, y.wholes(), at, 0, scaling.lowest(), scaling.highest(), scaling.rounding());
        }
        y.memory().give(scaled);
        y.memory().give(turned);
    }
}
