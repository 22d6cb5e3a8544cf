package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.lowering.FilterLayout;

/**
 * MatMul: Gemm's kernel without bias, batched over the leading axes. The right operand lies in the filter layout, be it a
 * parameter or a value that the file's own Reshape and Transpose nodes brought there (chip-arithmetic.md §3.1).
 */
final class MatrixProduct {
    private MatrixProduct() {}

    static ChipKernel matMul(NodeSetup node) {
        int shift = node.outputExponent(0) - node.inputExponent(0) - node.inputExponent(1);
        Filter.checkShift(node, shift);
        boolean relu = node.node().text("activation", "Linear").equals("Relu");
        return (inputs, outputs) -> {
            ChipBuffer a = inputs[0];
            ChipBuffer b = inputs[1];
            int rows = a.rank() == 1 ? 1 : a.dim(-2);
            int inner = a.dim(-1);
            int columns = b.dim(-1);
            if (b.dim(-2) != inner) {
                throw node.fail("operands have " + inner + " columns and " + b.dim(-2) + " rows");
            }
            int[] shape = shape(node, a, b);
            outputs[0].reshape(shape);
            int matrices = outputs[0].count() / (rows * columns);
            int matricesB = b.count() / (inner * columns);
            int matricesA = a.count() / (rows * inner);
            int lanes = node.hasVectorUnit() ? node.lanes() : FilterLayout.PLAIN;
            int[] sources = new FilterLayout(columns, inner, 1, false, lanes).sources();
            int[] weights = new int[inner * columns];
            for (int m = 0; m < matrices; m++) {
                int startB = matricesB == 1 ? 0 : m * inner * columns;
                for (int i = 0; i < weights.length; i++) {
                    weights[sources[i]] = b.ints()[startB + i];
                }
                int startA = matricesA == 1 ? 0 : m * rows * inner;
                boolean[] proven = proven(node, a.ints(), startA, rows, weights, columns, inner);
                for (int row = 0; row < rows; row++) {
                    for (int n = 0; n < columns; n++) {
                        int from = startA + row * inner;
                        long sum = proven[n] ? plainSum(a.ints(), from, weights, n * inner, inner)
                                : sum(node, a.ints(), from, weights, n * inner, inner, isTail(node, n, columns));
                        long shifted = Requantize.shiftRight(sum, shift, node.target().rounding());
                        outputs[0].ints()[(m * rows + row) * columns + n] =
                                (int) Requantize.saturate(relu ? Math.max(shifted, 0) : shifted, node.bits());
                    }
                }
            }
        };
    }

    private static int[] shape(NodeSetup node, ChipBuffer a, ChipBuffer b) {
        ChipBuffer longer = a.rank() >= b.rank() ? a : b;
        int[] shape = longer.shape().clone();
        shape[shape.length - 1] = b.dim(-1);
        if (shape.length > 1) {
            shape[shape.length - 2] = a.rank() == 1 ? 1 : a.dim(-2);
        }
        return shape;
    }

    private static boolean isTail(NodeSetup node, int n, int columns) {
        return node.hasVectorUnit() && n >= columns - columns % node.lanes();
    }

    /** The columns whose sums cannot leave their accumulator, nor 32 bits, in any order: {@code Σ|w| · max|a|} fits. */
    private static boolean[] proven(NodeSetup node, int[] a, int from, int rows, int[] w, int columns, int inner) {
        long largest = 0;
        for (int i = from; i < from + rows * inner; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
        }
        long fits = Math.min(Integer.MAX_VALUE, Long.MAX_VALUE >>> (Long.SIZE - node.target().laneBits(node.bits())));
        boolean[] proven = new boolean[columns];
        for (int n = 0; n < columns; n++) {
            long norm = 0;
            for (int i = n * inner; i < (n + 1) * inner; i++) {
                norm += Math.abs(w[i]);
            }
            proven[n] = norm * largest <= fits;
        }
        return proven;
    }

    private static int plainSum(int[] a, int from, int[] w, int row, int inner) {
        int sum = 0;
        for (int i = 0; i < inner; i++) {
            sum += a[from + i] * w[row + i];
        }
        return sum;
    }

    private static long sum(NodeSetup node, int[] a, int from, int[] w, int row, int inner, boolean tail) {
        boolean is8 = node.bits() == 8;
        Target target = node.target();
        int width = tail ? Target.SCALAR_ACCUMULATOR_BITS : target.laneBits(node.bits());
        int step = tail ? node.lanes() : 1;
        long sum = 0;
        for (int c = 0; c < inner; c += step) {
            long chunk = 0;
            for (int i = c; i < Math.min(c + step, inner); i++) {
                chunk += (long) a[from + i] * w[row + i];
            }
            sum += chunk;
            sum = target == Target.C ? (is8 ? (int) sum : sum) : Requantize.saturate(sum, width);
        }
        return sum;
    }
}
