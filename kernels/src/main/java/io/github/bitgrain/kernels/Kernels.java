package io.github.bitgrain.kernels;

/** The one place that chooses an implementation. */
public final class Kernels {
    private static final FloatKernels SCALAR = new ScalarFloatKernels();
    private static final IntegerKernels SCALAR_INTEGERS = new ScalarIntegerKernels();

    private Kernels() {}

    /** The fastest single-precision kernels for this machine. */
    public static FloatKernels floats() {
        return SCALAR;
    }

    /** The fastest integer kernels for this machine. */
    public static IntegerKernels integers() {
        return SCALAR_INTEGERS;
    }

    /** The readable reference of the integer kernels. */
    public static IntegerKernels scalarIntegers() {
        return SCALAR_INTEGERS;
    }

    /** The readable reference. */
    public static FloatKernels scalarFloats() {
        return SCALAR;
    }
}
