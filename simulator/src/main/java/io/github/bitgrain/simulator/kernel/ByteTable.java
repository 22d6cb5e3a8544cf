package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.Finish;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.simulator.ChipBuffer;

/** A node that reads its results from a table of one entry for each integer of 8 bits. */
final class ByteTable implements ChipKernel {
    private final int[] entries;
    private final float[] wholes = new float[Finish.ENTRIES];

    private ByteTable(int[] entries) {
        this.entries = entries;
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = entries[i];
        }
    }

    /** The kernel for {@link Finish#ENTRIES} entries. */
    static ChipKernel of(int[] entries) {
        return isLimit(entries) ? new Limit(entries[0], entries[entries.length - 1]) : new ByteTable(entries);
    }

    /** Whether a table limits and does nothing else, as those of Relu and Clip on one scale do: that needs no table. */
    private static boolean isLimit(int[] entries) {
        int low = entries[0];
        int high = entries[entries.length - 1];
        for (int i = 0; i < entries.length; i++) {
            if (entries[i] != Math.max(low, Math.min(high, i + Byte.MIN_VALUE))) {
                return false;
            }
        }
        return true;
    }

    /** The entries as whole floats, not to be changed. */
    float[] wholes() {
        return wholes;
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer x = inputs[0];
        outputs[0].reshape(x.hasWholes(), x.shape());
        if (x.hasWholes()) {
            WholeRuns.map(x, outputs[0], (n, from, at, to, toAt) -> Kernels.floats().lookUp(wholes, n, from, at, to, toAt));
        } else {
            lookUp(entries, x.count(), x.ints(), outputs[0].ints());
        }
    }

    private static void lookUp(int[] table, int n, int[] x, int[] y) {
        for (int i = 0; i < n; i++) {
            y[i] = table[x[i] - Byte.MIN_VALUE];
        }
    }
}
