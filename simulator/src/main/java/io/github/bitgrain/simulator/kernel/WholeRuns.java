package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.simulator.ChipBuffer;

/** Maps of whole floats. */
final class WholeRuns {
    /** Floats of rows that are gathered in the L1 cache, so that calls are long. */
    private static final int GATHERED = 2048;

    /** A map of n floats, also in place. */
    interface Map {
        void run(int n, float[] x, int xOffset, float[] y, int yOffset);
    }

    private WholeRuns() {}

    /** Does all of y, which has its shape already, that of x: in one run, gaps too, where both lie apart. */
    static void map(ChipBuffer x, ChipBuffer y, Map map) {
        if (x.isApart() && y.isApart()) {
            map.run(x.rows() * x.wholeStride(), x.wholes(), x.wholesOffset(), y.wholes(), y.wholesOffset());
            return;
        }
        FloatKernels kernels = Kernels.floats();
        int n = x.dim(-1);
        int most = Math.max(1, GATHERED / n);
        float[] gathered = y.memory().takeFloats(most * n);
        for (int row = 0; row < x.rows(); row += most) {
            int rows = Math.min(most, x.rows() - row);
            kernels.copyRows(rows, n, x.wholes(), x.wholesOffset() + row * x.wholeStride(), x.wholeStride(), gathered, 0, n);
            map.run(rows * n, gathered, 0, gathered, 0);
            kernels.copyRows(rows, n, gathered, 0, n, y.wholes(), y.wholesOffset() + row * y.wholeStride(), y.wholeStride());
        }
        y.memory().give(gathered);
    }
}
