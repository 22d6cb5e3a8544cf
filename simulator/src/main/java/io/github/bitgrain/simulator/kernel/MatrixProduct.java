package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Arrays;

/**
 * MatMul: Gemm's kernel without bias, batched over the leading axes. The right operand lies in the filter layout, be it a
 * parameter or a value that the file's own Reshape and Transpose nodes brought there (chip-arithmetic.md §3.1). Columns are proven
 * as the output channels of a {@link Convolution}, anew for every matrix.
 */
final class MatrixProduct implements ChipKernel {
    private final NodeSetup node;
    private final int shift;
    private final boolean relu;
    private int rows;
    private int inner;
    private int columns;
    private int[] sources;
    private int[] weights;
    private long[] norms;
    private ExactConv inFloat;
    private ExactConv inDouble;

    private MatrixProduct(NodeSetup node) {
        this.node = node;
        shift = node.outputExponent(0) - node.inputExponent(0) - node.inputExponent(1);
        Filter.checkShift(node, shift);
        relu = node.node().text("activation", "Linear").equals("Relu");
    }

    static ChipKernel matMul(NodeSetup node) {
        return new MatrixProduct(node);
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer a = inputs[0];
        ChipBuffer b = inputs[1];
        plan(a.rank() == 1 ? 1 : a.dim(-2), a.dim(-1), b.dim(-1));
        if (b.dim(-2) != inner) {
            throw node.fail("operands have " + inner + " columns and " + b.dim(-2) + " rows");
        }
        outputs[0].reshape(shape(a, b));
        int matrices = outputs[0].count() / (rows * columns);
        boolean oneA = a.count() == rows * inner;
        boolean oneB = b.count() == inner * columns;
        for (int m = 0; m < matrices; m++) {
            int startB = oneB ? 0 : m * inner * columns;
            for (int i = 0; i < weights.length; i++) {
                weights[sources[i]] = b.ints()[startB + i];
            }
            multiply(a.ints(), oneA ? 0 : m * rows * inner, outputs[0].ints(), m * rows * columns);
        }
    }

    private void plan(int newRows, int newInner, int newColumns) {
        if (sources != null && rows == newRows && inner == newInner && columns == newColumns) {
            return;
        }
        rows = newRows;
        inner = newInner;
        columns = newColumns;
        sources = new FilterLayout(columns, inner, 1, false, node.hasVectorUnit() ? node.lanes() : FilterLayout.PLAIN).sources();
        weights = new int[inner * columns];
        norms = new long[columns];
        inFloat = null;
        inDouble = null;
    }

    private ExactConv product(boolean isDouble) {
        int[] shifts = new int[columns];
        Arrays.fill(shifts, shift);
        ExactConv.Scaling scaling = new ExactConv.Scaling(new long[columns], shifts, node.target().rounding(), node.bits(), relu);
        return Kernels.integers().exactConv(ConvShape.rows(rows, inner, inner, columns, columns), weights, scaling, isDouble);
    }

    private int[] shape(ChipBuffer a, ChipBuffer b) {
        ChipBuffer longer = a.rank() >= b.rank() ? a : b;
        int[] shape = longer.shape().clone();
        shape[shape.length - 1] = b.dim(-1);
        if (shape.length > 1) {
            shape[shape.length - 2] = a.rank() == 1 ? 1 : a.dim(-2);
        }
        return shape;
    }

    /** One pair of matrices: all columns in the precision that they need, those without proof once more in the chip's order. */
    private void multiply(int[] a, int from, int[] y, int to) {
        long largest = 0;
        for (int i = from; i < from + rows * inner; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
        }
        long fits = ExactConv.LARGEST_IN_FLOAT;
        boolean isDouble = false;
        for (int n = 0; n < columns; n++) {
            long norm = 0;
            for (int i = n * inner; i < (n + 1) * inner; i++) {
                norm += Math.abs(weights[i]);
            }
            norms[n] = norm * largest;
            isDouble |= norms[n] > fits && norms[n] <= safe(n);
        }
        if (isDouble && inDouble == null) {
            inDouble = product(true);
        } else if (!isDouble && inFloat == null) {
            inFloat = product(false);
        }
        ExactConv conv = isDouble ? inDouble : inFloat;
        conv.pack(weights);
        conv.run(a, from, y, to);
        for (int n = 0; n < columns; n++) {
            if (norms[n] > safe(n)) {
                for (int row = 0; row < rows; row++) {
                    long shifted = Requantize.shiftRight(sum(a, from + row * inner, n), shift, node.target().rounding());
                    y[to + row * columns + n] = (int) Requantize.saturate(relu ? Math.max(shifted, 0) : shifted, node.bits());
                }
            }
        }
    }

    private boolean isTail(int n) {
        return node.hasVectorUnit() && n >= columns - columns % node.lanes();
    }

    private int width(int n) {
        return isTail(n) ? Target.SCALAR_ACCUMULATOR_BITS : node.target().laneBits(node.bits());
    }

    /** The largest sum of a column that leaves neither its accumulator nor double precision. */
    private long safe(int n) {
        return Math.min(ExactConv.LARGEST_IN_DOUBLE, Long.MAX_VALUE >>> (Long.SIZE - width(n)));
    }

    private long sum(int[] a, int from, int n) {
        boolean is8 = node.bits() == 8;
        Target target = node.target();
        int row = n * inner;
        int width = width(n);
        int step = isTail(n) ? node.lanes() : 1;
        long sum = 0;
        for (int c = 0; c < inner; c += step) {
            long chunk = 0;
            for (int i = c; i < Math.min(c + step, inner); i++) {
                chunk += (long) a[from + i] * weights[row + i];
            }
            sum += chunk;
            sum = target == Target.C ? (is8 ? (int) sum : sum) : Requantize.saturate(sum, width);
        }
        return sum;
    }
}
