package io.github.bitgrain.kernels;

/**
 * Ends of maps that fill no whole vector. They go through the vector loop too, padded: its transcendental functions differ
 * from the scalar ones in the last bits, and an element must not change with the place where the map is split over threads.
 */
final class VectorTails {
    private VectorTails() {}

    /** The elements that are left; false if they fill a vector, that is, if the function has no vector loop, and nothing is done. */
    static boolean unary(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset) {
        if (n >= Lanes.COUNT) {
            return false;
        }
        float[][] tails = Scratch.ofThread().tails;
        System.arraycopy(x, xOffset, tails[0], 0, n);
        if (VectorFunctions.unary(f, p, q, Lanes.COUNT, tails[0], 0, tails[1], 0) == 0) {
            return false;
        }
        System.arraycopy(tails[1], 0, y, yOffset, n);
        return true;
    }

    /** As {@link #unary} for {@code dx (+)= dy f'(x)}; {@code x} and {@code y} may be null where the function does not read them. */
    static boolean gradient(UnaryFunction f, float p, float q, int n, float[] x, int xOffset, float[] y, int yOffset, float[] dy, int dyOffset,
            float[] dx, int dxOffset, boolean accumulate) {
        if (n >= Lanes.COUNT) {
            return false;
        }
        float[][] tails = Scratch.ofThread().tails;
        if (x != null) {
            System.arraycopy(x, xOffset, tails[0], 0, n);
        }
        if (y != null) {
            System.arraycopy(y, yOffset, tails[1], 0, n);
        }
        System.arraycopy(dy, dyOffset, tails[2], 0, n);
        if (accumulate) {
            System.arraycopy(dx, dxOffset, tails[3], 0, n);
        }
        if (VectorFunctions.gradient(f, p, q, Lanes.COUNT, tails[0], 0, tails[1], 0, tails[2], 0, tails[3], 0, accumulate) == 0) {
            return false;
        }
        System.arraycopy(tails[3], 0, dx, dxOffset, n);
        return true;
    }
}
