package io.github.bitgrain.quantizer.tqt;

/** Hears of the progress of TQT. */
@FunctionalInterface
public interface TqtListener {
    /** Hears nothing. */
    TqtListener NONE = (block, blocks, name, step, steps, loss) -> { };

    /** Training begins from the calibrated network; what was trained before, if anything, was given up. */
    default void begin() {}

    /**
     * Called after every training step.
     *
     * @param block number of the block, from 0
     * @param blocks number of blocks
     * @param name name of the block
     * @param step steps done in this block
     * @param steps steps to do in this block
     * @param loss loss of the last batch
     */
    void step(int block, int blocks, String name, int step, int steps, float loss);
}
