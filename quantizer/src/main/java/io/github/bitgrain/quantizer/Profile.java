package io.github.bitgrain.quantizer;

/**
 * Whether upstream behaviour that looks wrong is reproduced or mended. The identifiers are those of the list of ESP-PPQ's
 * defects in docs/parity.md; what is not named here behaves the same under both profiles.
 */
public enum Profile {
    /** Number by number what ESP-PPQ 1.3.5 does. */
    PARITY,
    /**
     * Mended: bias correction honours its steps (D3); dead tensors get a usable exponent (D8); {@code mse} measures the
     * exact error of the candidate exponents for activations and weights (D10, D22); {@code isotone} finds powers of two
     * (D11); per-channel fake quantization stops gradients of clipped values (D12); bias and aligned scales follow at once
     * (D15); requantization is decided on exponents (D20); an output exponent below the product's is raised (D21); the
     * exponents of operators outside blocks are searched too (D25); padding of a transposed convolution regards dilation and
     * output padding (D6).
     */
    IMPROVED;

    /** Whether to reproduce the reference's defects. */
    public boolean isParity() {
        return this == PARITY;
    }
}
