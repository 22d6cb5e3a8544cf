package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Accumulator;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.Kernels;
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
    private Accumulation accumulation;
    /** For all columns, whatever the data are; else null. */
    private WholeProduct wholes;
    private ExactConv inFloat;
    private ExactConv inDouble;
    private ExactConv inLanes;
    private ExactConv inTail;

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
        boolean asWholes = wholes != null && WholeProduct.reads(a, b);
        outputs[0].reshape(asWholes, shape(a, b));
        int matrices = outputs[0].count() / (rows * columns);
        boolean oneA = a.count() == rows * inner;
        boolean oneB = b.count() == inner * columns;
        for (int m = 0; m < matrices; m++) {
            if (asWholes) {
                wholes.run(a, oneA ? 0 : m, b, oneB ? 0 : m, outputs[0], m);
                continue;
            }
            int startB = oneB ? 0 : m * inner * columns;
            turn(b.ints(), startB, sources, weights);
            multiply(a.ints(), oneA ? 0 : m * rows * inner, outputs[0], m * rows * columns);
        }
    }

    private static void turn(int[] from, int start, int[] sources, int[] weights) {
        for (int i = 0; i < weights.length; i++) {
            weights[sources[i]] = from[start + i];
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
        accumulation = Accumulation.of(node, columns, false);
        wholes = WholeProduct.of(node, rows, inner, columns, scaling(columns), accumulation);
        inFloat = null;
        inDouble = null;
        inLanes = null;
        inTail = null;
    }

    private ExactConv product(boolean isDouble) {
        return Kernels.integers().exactConv(ConvShape.rows(rows, inner, inner, columns, columns), weights, scaling(columns), isDouble);
    }

    private ExactConv ordered(int[] some, int count, Accumulator accumulator) {
        int bytes = Math.max(node.inputType(0).bytes(), node.inputType(1).bytes());
        return Kernels.integers().orderedConv(ConvShape.rows(rows, inner, inner, count, count), some, scaling(count), accumulator,
                (int) Math.min(1L << bytes * Byte.SIZE - 1, Integer.MAX_VALUE));
    }

    private ExactConv.Scaling scaling(int count) {
        int[] shifts = new int[count];
        Arrays.fill(shifts, shift);
        return new ExactConv.Scaling(new long[count], shifts, node.target().rounding(), node.bits(), relu);
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
    private void multiply(int[] a, int from, ChipBuffer out, int to) {
        long largest = 0;
        for (int i = from; i < from + rows * inner; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
        }
        boolean isDouble = false;
        int openLanes = 0;
        int openTail = 0;
        for (int n = 0; n < columns; n++) {
            long norm = 0;
            for (int i = n * inner; i < (n + 1) * inner; i++) {
                norm += Math.abs(weights[i]);
            }
            long farthest = norm * largest;
            boolean open = farthest > Math.min(ExactConv.LARGEST_IN_DOUBLE, accumulation.safe(n, 0));
            isDouble |= !open && farthest > ExactConv.LARGEST_IN_FLOAT;
            openLanes += open && n < accumulation.firstTail() ? 1 : 0;
            openTail += open && n >= accumulation.firstTail() ? 1 : 0;
        }
        if (openLanes + openTail < columns) {
            multiplyAll(isDouble, a, from, out.ints(), to);
        }
        // The order of the chip gives proven columns what they are, too.
        if (openLanes > 0) {
            inLanes = multiplyOrdered(inLanes, accumulation.lane(), 0, accumulation.firstTail(), a, from, out, to);
        }
        if (openTail > 0) {
            inTail = multiplyOrdered(inTail, accumulation.tail(), accumulation.firstTail(), columns, a, from, out, to);
        }
    }

    private void multiplyAll(boolean isDouble, int[] a, int from, int[] y, int to) {
        if (isDouble && inDouble == null) {
            inDouble = product(true);
        } else if (!isDouble && inFloat == null) {
            inFloat = product(false);
        }
        ExactConv conv = isDouble ? inDouble : inFloat;
        conv.pack(weights);
        conv.run(a, from, y, to);
    }

    /** Columns {@code first … end - 1}, by {@code conv} or one made for them, which is returned. */
    private ExactConv multiplyOrdered(ExactConv conv, Accumulator accumulator, int first, int end, int[] a, int from, ChipBuffer out, int to) {
        int[] some = end - first == columns ? weights : Arrays.copyOfRange(weights, first * inner, end * inner);
        ExactConv product = conv;
        if (product == null) {
            product = ordered(some, end - first, accumulator);
        } else {
            product.pack(some);
        }
        if (end - first == columns) {
            product.run(a, from, out.ints(), to);
            return product;
        }
        int[] results = out.memory().takeInts(rows * (end - first));
        product.run(a, from, results, 0);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(results, row * (end - first), out.ints(), to + row * columns + first, end - first);
        }
        out.memory().give(results);
        return product;
    }
}
