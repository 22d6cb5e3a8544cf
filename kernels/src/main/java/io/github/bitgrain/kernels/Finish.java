package io.github.bitgrain.kernels;

/**
 * What becomes of the sums of a convolution while they are still in a cache, in this order; what is null is left out.
 *
 * @param function function with parameters p and q
 * @param quantizer what results are rounded to
 * @param wholes what results are rounded to where all are numbers, which takes less time
 * @param table {@value #ENTRIES} entries for whole results from −128 to 127, see {@link FloatKernels#lookUp}
 */
public record Finish(UnaryFunction function, float p, float q, FakeQuantizer quantizer, WholeRange wholes, float[] table) {
    /** Entries of a table. */
    public static final int ENTRIES = 256;
    /** Sums stay what they are. */
    public static final Finish NONE = of(null, 0f, 0f);

    /** Checks the length of the table. */
    public Finish {
        if (table != null && table.length != ENTRIES) {
            throw new IllegalArgumentException("a table of " + table.length + " entries");
        }
    }

    /** A function, or nothing if it is null. */
    public static Finish of(UnaryFunction function, float p, float q) {
        return new Finish(function, p, q, null, null, null);
    }

    /** Whole numbers, and a table for them or null. */
    public static Finish of(WholeRange wholes, float[] table) {
        return new Finish(null, 0f, 0f, null, wholes, table);
    }

    /** The same function and then fake quantization. */
    public Finish quantized(FakeQuantizer by) {
        return new Finish(function, p, q, by, null, null);
    }
}
