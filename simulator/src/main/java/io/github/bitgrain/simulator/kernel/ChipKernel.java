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
     * The kernel of this node and of one that follows and alone reads its results; for kernels without state.
     *
     * @return null if this kernel cannot do the other's work too
     */
    default ChipKernel joined(ChipKernel next) {
        return null;
    }

    /** Whether results depend on earlier runs. */
    default boolean isStateful() {
        return false;
    }

    /** Forgets earlier runs. */
    default void reset() {}

    /** Makes the kernel of a node. */
    @FunctionalInterface
    interface Factory {
        /** Reads attributes and parameters. */
        ChipKernel prepare(NodeSetup node);
    }
}
