package io.github.bitgrain.kernels;

/**
 * The one place that chooses an implementation. The system property {@code bitgrain.vectorBits} forces one: 0 for scalar, or
 * a vector width of 64, 128, 256 or 512 bits.
 */
public final class Kernels {
    private static final FloatKernels SCALAR = new ScalarFloatKernels();
    private static final IntegerKernels SCALAR_INTEGERS = new ScalarIntegerKernels();
    private static final IntegerKernels INTEGERS = vectors() ? new VectorIntegerKernels() : SCALAR_INTEGERS;
    private static final FloatKernels FLOATS = vectors() ? new VectorFloatKernels() : SCALAR;

    private Kernels() {}

    /** Vector kernels need the incubator module, which a class path has only when it was asked for. */
    private static boolean vectors() {
        return !"0".equals(System.getProperty(Lanes.PROPERTY)) && ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /** The fastest single-precision kernels for this machine, or what the property {@code bitgrain.vectorBits} says. */
    public static FloatKernels floats() {
        return FLOATS;
    }

    /** The fastest integer kernels for this machine. */
    public static IntegerKernels integers() {
        return INTEGERS;
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
