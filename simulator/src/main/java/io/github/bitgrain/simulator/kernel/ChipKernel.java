package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;

/** One node, ready to run: parameters unpacked, attributes read. Not safe for use by several threads. */
@FunctionalInterface
public interface ChipKernel {
    /**
     * Computes the node. Shapes follow from the inputs, as on the chip.
     *
     * @param inputs the node's inputs; parameters among them too, null where an optional one is omitted
     * @param outputs the node's outputs, to be reshaped and filled
     */
    void run(ChipBuffer[] inputs, ChipBuffer[] outputs);

    /**
     * The kernel of this node and of one that follows and only limits its results; for kernels without state.
     *
     * @return null if this kernel cannot do that
     */
    default ChipKernel limited(int low, int high) {
        return null;
    }

    /** Whether results depend on earlier runs. */
    default boolean isStateful() {
        return false;
    }

    /** Forgets earlier runs. */
    default void reset() {}

    /**
     * A node that only limits integers.
     *
     * @param low least result
     * @param high greatest result
     */
    record Limit(int low, int high) implements ChipKernel {
        @Override
        public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
            outputs[0].reshape(inputs[0].shape());
            limit(low, high, inputs[0].count(), inputs[0].ints(), outputs[0].ints());
        }

        private static void limit(int low, int high, int n, int[] x, int[] y) {
            for (int i = 0; i < n; i++) {
                y[i] = Math.max(low, Math.min(high, x[i]));
            }
        }
    }

    /** Makes the kernel of a node. */
    @FunctionalInterface
    interface Factory {
        /** Reads attributes and parameters. */
        ChipKernel prepare(NodeSetup node);
    }
}
