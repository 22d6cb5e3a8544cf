package io.github.bitgrain.kernels;

/** The one place that chooses an implementation. */
public final class Kernels {
    private static final FloatKernels SCALAR = new ScalarFloatKernels();

    private Kernels() {}

    /** The fastest single-precision kernels for this machine. */
    public static FloatKernels floats() {
        return SCALAR;
    }

    /** The readable reference. */
    public static FloatKernels scalarFloats() {
        return SCALAR;
    }
}
