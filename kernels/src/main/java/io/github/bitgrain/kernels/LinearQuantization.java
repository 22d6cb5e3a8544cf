package io.github.bitgrain.kernels;

/**
 * Quantization to a grid whose scale is any positive float, as ONNX QuantizeLinear followed by DequantizeLinear defines it: ties to
 * even, in single precision, so that every engine that follows the standard gets the same bits. In place allowed.
 */
public final class LinearQuantization {
    private LinearQuantization() {}

    /**
     * {@code y = clamp(round(x / scale), low, high) scale}; 0 everywhere for a scale that is 0 or infinite.
     *
     * @param low smallest integer minus zero point
     * @param high largest integer minus zero point
     */
    public static void quantize(int n, float[] x, int xOffset, float[] y, int yOffset, float scale, float low, float high) {
        if (!isGrid(scale)) {
            java.util.Arrays.fill(y, yOffset, yOffset + n, 0f);
            return;
        }
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = Math.max(low, Math.min(high, Rounding.HALF_EVEN.round(x[xOffset + i] / scale))) * scale;
        }
    }

    /** The integers {@code clamp(round(x / scale), low, high) + zero}; {@code zero} everywhere for a scale that is 0 or infinite. */
    public static void integers(int n, float[] x, int xOffset, int[] q, int qOffset, float scale, int zero, int qmin, int qmax) {
        for (int i = 0; i < n; i++) {
            float steps = isGrid(scale) ? Rounding.HALF_EVEN.round(x[xOffset + i] / scale) : 0f;
            q[qOffset + i] = Math.clamp((long) steps + zero, qmin, qmax);
        }
    }

    /** {@code dx = dy [from <= x <= to]}, plus the old dx if {@code accumulate}: the clipped straight-through gradient. */
    public static void gradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float[] dx, int dxOffset, float from, float to,
            boolean accumulate) {
        for (int i = 0; i < n; i++) {
            float value = x[xOffset + i];
            float passed = value >= from && value <= to ? dy[dyOffset + i] : 0f;
            dx[dxOffset + i] = accumulate ? dx[dxOffset + i] + passed : passed;
        }
    }

    /**
     * {@code Σ dy d}, in double precision and in order, with {@code d = round(x / scale) − x / scale} where {@code low <= x / scale <= high}
     * and the limit elsewhere; 0 for a scale that is no grid. Times the scale it is the gradient of the scale's natural logarithm.
     */
    public static double scaleGradient(int n, float[] x, int xOffset, float[] dy, int dyOffset, float scale, float low, float high) {
        double sum = 0;
        for (int i = 0; i < n && isGrid(scale); i++) {
            float steps = x[xOffset + i] / scale;
            float d = steps < low ? low : steps > high ? high : Rounding.HALF_EVEN.round(steps) - steps;
            sum += (double) dy[dyOffset + i] * d;
        }
        return sum;
    }

    /** Whether a scale has a grid: positive and finite. */
    public static boolean isGrid(float scale) {
        return scale > 0 && scale <= Float.MAX_VALUE;
    }
}
