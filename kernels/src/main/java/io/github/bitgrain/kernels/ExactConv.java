package io.github.bitgrain.kernels;

import java.util.Arrays;

/**
 * A convolution of integers that ends in a change of scale, as chips compute it: dense with one group, or depthwise, on maps
 * without gaps between pixels. Made by {@link IntegerKernels#exactConv}; one thread at a time.
 */
public abstract class ExactConv {
    /** Whole numbers up to this size are exact in single precision. */
    public static final long LARGEST_IN_FLOAT = 1L << 24;
    /** Whole numbers up to this size are exact in double precision. */
    public static final long LARGEST_IN_DOUBLE = 1L << 53;

    final ConvShape shape;

    /** A convolution of this geometry. */
    protected ExactConv(ConvShape shape) {
        if (shape.groups() > 1 && !shape.isDepthwise() || shape.inStride() != shape.inC() || shape.outStride() != shape.outC()) {
            throw new IllegalArgumentException("neither dense nor depthwise, or gaps between pixels: " + shape);
        }
        this.shape = shape;
    }

    /**
     * What becomes of a sum: {@code clamp(shiftRight(sum + bias, shift), lowest, highest)}, see {@link Requantize}.
     *
     * @param bias one for each output channel
     * @param shifts one for each output channel, −31 to 63
     * @param rounding {@link Rounding#HALF_UP} or {@link Rounding#HALF_EVEN}
     * @param bits 8 or 16
     * @param lowest least result
     * @param highest greatest result
     */
    public record Scaling(long[] bias, int[] shifts, Rounding rounding, int bits, int lowest, int highest) {
        /** Checks the rounding, the limits and the numbers of channels. */
        public Scaling {
            if (rounding != Rounding.HALF_EVEN && rounding != Rounding.HALF_UP) {
                throw new IllegalArgumentException("chips do not round " + rounding);
            }
            if (bias.length != shifts.length) {
                throw new IllegalArgumentException(bias.length + " biases, " + shifts.length + " shifts");
            }
            if (lowest < -1 << (bits - 1) || highest >= 1 << (bits - 1) || lowest > highest) {
                throw new IllegalArgumentException("results from " + lowest + " to " + highest + " in " + bits + " bits");
            }
        }

        /** Results are limited by their width alone, or are at least 0. */
        public Scaling(long[] bias, int[] shifts, Rounding rounding, int bits, boolean relu) {
            this(bias, shifts, rounding, bits, relu ? 0 : -1 << (bits - 1), (1 << (bits - 1)) - 1);
        }

        /** The same with results limited further, as a limiting function behind it would do. */
        public Scaling limited(int low, int high) {
            return new Scaling(bias, shifts, rounding, bits, Math.clamp(lowest, low, high), Math.clamp(highest, low, high));
        }

        /** Some output channels. */
        public Scaling of(int[] channels) {
            return new Scaling(Arrays.stream(channels).mapToLong(n -> bias[n]).toArray(), Arrays.stream(channels).map(n -> shifts[n]).toArray(),
                    rounding, bits, lowest, highest);
        }
    }

    /** Takes other weights, in ONNX order. */
    public abstract void pack(int[] weights);

    /** Computes the whole output. */
    public abstract void run(int[] x, int xOffset, int[] y, int yOffset);
}
