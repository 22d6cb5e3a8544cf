package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;

/** A block of parallel branches in training that one convolution can replace in use. */
public interface Reparameterizable {
    /**
     * Makes one convolution of the branches; a normalization behind their sum stays, so that the block can still be trained.
     *
     * @throws BitgrainException (usage) in training mode, or when the branches are quantized
     */
    void fusePartially();

    /**
     * As {@link #fusePartially}, and the normalization goes into the convolution.
     *
     * @throws BitgrainException (usage) in training mode, or when the block is quantized: ranges would not follow the weights
     */
    void fuseFully();

    /** Fuses all blocks of a tree partially: what happens before quantization. */
    static void fusePartially(Module root) {
        root.named().values().forEach(module -> {
            if (module instanceof Reparameterizable block) {
                block.fusePartially();
            }
        });
    }

    /** Fuses all blocks of a tree fully. */
    static void fuseFully(Module root) {
        root.named().values().forEach(module -> {
            if (module instanceof Reparameterizable block) {
                block.fuseFully();
            }
        });
    }
}
