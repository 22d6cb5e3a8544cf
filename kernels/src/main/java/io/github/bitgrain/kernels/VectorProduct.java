package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.PAIR;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;

/**
 * Matrix product of two operands that are both new in every call: B is packed into panels, A copied where its rows are not
 * contiguous. A constant operand is better packed once, see {@link ConvShape#rows}.
 */
final class VectorProduct {
    private VectorProduct() {}

    static void gemm(int m, int n, int k, float[] a, int aOffset, int aRow, int aColumn, float[] b, int bOffset, int bRow, int bColumn,
            float[] c, int cOffset, int cRow, boolean accumulate) {
        Scratch scratch = Scratch.ofThread();
        int padded = roundUp(n);
        int height = Math.max(m, DenseTiles.HEIGHT);
        int bSize = k * padded;
        float[] packed = scratch.packed.atLeast(bSize + (aColumn == 1 ? 0 : m * k));
        float[] x = a;
        int xOffset = aOffset;
        int xRow = aRow;
        if (aColumn != 1) {
            copyRows(m, k, a, aOffset, aRow, aColumn, packed, bSize);
            x = packed;
            xOffset = bSize;
            xRow = k;
        }
        int[] rows = scratch.rows.atLeast(height);
        int[] outputs = scratch.outputs.atLeast(height);
        Source.fillTable(rows, 0, m, xOffset, xRow);
        Arrays.fill(rows, m, height, xOffset);
        Source.fillTable(outputs, 0, height, 0, padded);
        int[] run = scratch.runs.atLeast(1);
        run[0] = 0;
        float[] start = VectorConvolution.padBias(scratch, null, 0, COUNT);
        float[] results = scratch.results.atLeast(height * padded);
        for (int from = 0; from < n; from += PAIR) {
            int width = n - from > COUNT ? PAIR : COUNT;
            int panel = from * k;
            packPanel(k, Math.min(width, n - from), width, b, bOffset + from * bColumn, bRow, bColumn, packed, panel);
            for (int row = 0; row < height; row += DenseTiles.HEIGHT) {
                int at = Math.min(row, height - DenseTiles.HEIGHT);
                DenseTiles.tile(DenseTiles.HEIGHT, width == PAIR, x, rows, at, run, 1, k, packed, panel, start, 0, results, outputs, from);
            }
        }
        for (int i = 0; i < m; i++) {
            int to = cOffset + i * cRow;
            if (accumulate) {
                add(n, results, i * padded, c, to);
            } else {
                System.arraycopy(results, i * padded, c, to, n);
            }
        }
    }

    private static void add(int n, float[] x, int from, float[] c, int to) {
        for (int j = 0; j < n; j++) {
            c[to + j] += x[from + j];
        }
    }

    private static void copyRows(int m, int k, float[] a, int offset, int row, int column, float[] into, int at) {
        for (int i = 0; i < m; i++) {
            for (int l = 0; l < k; l++) {
                into[at + i * k + l] = a[offset + i * row + l * column];
            }
        }
    }

    private static void packPanel(int k, int filled, int width, float[] b, int offset, int row, int column, float[] into, int at) {
        for (int l = 0; l < k; l++) {
            int to = at + l * width;
            if (column == 1) {
                System.arraycopy(b, offset + l * row, into, to, filled);
            } else {
                for (int j = 0; j < filled; j++) {
                    into[to + j] = b[offset + l * row + j * column];
                }
            }
            Arrays.fill(into, to + filled, to + width, 0f);
        }
    }
}
