package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.UnaryFunction;
import io.github.bitgrain.simulator.ChipBuffer;

/**
 * A node that only limits integers.
 *
 * @param low least result
 * @param high greatest result
 */
record Limit(int low, int high) implements ChipKernel {
    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer x = inputs[0];
        outputs[0].reshape(x.hasWholes(), x.shape());
        if (x.hasWholes()) {
            WholeRuns.map(x, outputs[0],
                    (n, from, at, to, toAt) -> Kernels.floats().unary(UnaryFunction.CLIP, low, high, n, from, at, to, toAt));
        } else {
            limit(low, high, x.count(), x.ints(), outputs[0].ints());
        }
    }

    private static void limit(int low, int high, int n, int[] x, int[] y) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.max(low, Math.min(high, x[i]));
        }
    }
}
