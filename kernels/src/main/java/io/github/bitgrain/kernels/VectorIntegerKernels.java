package io.github.bitgrain.kernels;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The integer kernels whose loops the compiler does not turn into vector code by itself. */
final class VectorIntegerKernels extends ScalarIntegerKernels {
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_64;
    private static final int BLOCK = 16;
    /** Up to this width a product can be added before it is limited. */
    private static final int ROOM_FOR_A_PRODUCT = 30;

    @Override
    public String name() {
        return "vector" + INTS.vectorBitSize();
    }

    // Sums stay in registers over all k products: with one pass over the sums for each product, memory is all that one sees.
    @Override
    public void addSaturating(int n, int k, int[] factors, int[] rows, byte[] b, int[] sums, int bits) {
        int max = Integer.MAX_VALUE >> (Integer.SIZE - bits);
        int min = ~max;
        int i = 0;
        for (; i + BLOCK <= n; i += BLOCK) {
            IntVector low = IntVector.fromArray(INTS, sums, i);
            IntVector high = IntVector.fromArray(INTS, sums, i + BLOCK / 2);
            for (int t = 0; t < k; t++) {
                IntVector one = product(b, rows[t] + i, factors[t]);
                IntVector other = product(b, rows[t] + i + BLOCK / 2, factors[t]);
                if (bits <= ROOM_FOR_A_PRODUCT) {
                    low = low.add(one).min(max).max(min);
                    high = high.add(other).min(max).max(min);
                } else {
                    low = low.min(one.max(0).neg().add(max)).max(one.min(0).neg().add(min)).add(one);
                    high = high.min(other.max(0).neg().add(max)).max(other.min(0).neg().add(min)).add(other);
                }
            }
            low.intoArray(sums, i);
            high.intoArray(sums, i + BLOCK / 2);
        }
        for (; i < n; i++) {
            for (int t = 0; t < k; t++) {
                sums[i] = Math.clamp((long) sums[i] + factors[t] * b[rows[t] + i], min, max);
            }
        }
    }

    private static IntVector product(byte[] b, int at, int factor) {
        return ((IntVector) ByteVector.fromArray(BYTES, b, at).convertShape(VectorOperators.B2I, INTS, 0)).mul(factor);
    }

    @Override
    public ExactConv exactConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, boolean isDouble) {
        ExactConv conv = isDouble ? new DoubleExactConv(shape, scaling) : new FloatExactConv(shape, scaling);
        conv.pack(weights);
        return conv;
    }
}
