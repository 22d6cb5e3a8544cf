package io.github.bitgrain.kernels;

/** Working storage of the kernels, one per thread; it grows to the largest request and stays. */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    /** Output gradients whose last vector would end beyond their array. */
    final Floats gradients = new Floats();
    /** Sums of a weight gradient. */
    final Floats sums = new Floats();
    /** Partial sums in double precision, one for each lane. */
    final double[] partials = new double[Lanes.COUNT];
    /** One vector of each operand of a map, see {@link VectorTails}. */
    final float[][] tails = new float[4][Lanes.COUNT];
    /** Bias, padded to whole vectors. */
    final Floats bias = new Floats();
    /** Zeros: nothing is written here. */
    final Floats zeros = new Floats();
    final VectorDepthwiseRows depthwiseRows = new VectorDepthwiseRows();
    /** Results that do not fit their destination in whole vectors. */
    final Floats results = new Floats();
    /** Sums in double precision. */
    final Doubles wideResults = new Doubles();
    /** Operands of a matrix product. */
    final Floats packed = new Floats();
    /** Where the rows of a matrix product start. */
    final Ints rows = new Ints();
    /** Where the rows of a chunk go in the result. */
    final Ints outputs = new Ints();
    /** Where the runs of one row start, from the start of the row. */
    final Ints runs = new Ints();
    /** Runs of one row, cut into shorter ones, and their lengths. */
    final Ints shortRuns = new Ints();
    final Ints lengths = new Ints();
    final Epilogue epilogue = new Epilogue();
    final Walk walk = new Walk();
    final Source gridSource = new Source();

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    /** A float array that grows. */
    static final class Floats {
        private float[] values = {};

        /** At least {@code n} floats of unspecified content. */
        float[] atLeast(int n) {
            if (values.length < n) {
                values = new float[Math.max(n, values.length + values.length / 2)];
            }
            return values;
        }
    }

    /** A double array that grows. */
    static final class Doubles {
        private double[] values = {};

        /** At least {@code n} doubles of unspecified content. */
        double[] atLeast(int n) {
            if (values.length < n) {
                values = new double[Math.max(n, values.length + values.length / 2)];
            }
            return values;
        }
    }

    /** An int array that grows. */
    static final class Ints {
        private int[] values = {};

        /** At least {@code n} ints of unspecified content. */
        int[] atLeast(int n) {
            if (values.length < n) {
                values = new int[Math.max(n, values.length + values.length / 2)];
            }
            return values;
        }
    }
}
