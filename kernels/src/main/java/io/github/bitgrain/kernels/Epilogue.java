package io.github.bitgrain.kernels;

/** What becomes of the results of a convolution while they are still in a cache: a function, then the sum with another map. */
final class Epilogue {
    private UnaryFunction function;
    private float p;
    private float q;
    private float[] residual;
    private int shift;

    /** Nothing. */
    Epilogue none() {
        return set(null, 0f, 0f, null, 0, 0);
    }

    /**
     * {@code y = f(y) + residual}.
     *
     * @param f function, or null
     * @param residual map of the geometry of y, or null
     */
    Epilogue set(UnaryFunction f, float pValue, float qValue, float[] residualMap, int residualOffset, int yOffset) {
        function = f;
        p = pValue;
        q = qValue;
        residual = residualMap;
        shift = residualOffset - yOffset;
        return this;
    }

    /** Whether the other map can be read up to the place where y ends with {@code end}. */
    boolean reads(int end) {
        return residual == null || end + shift <= residual.length;
    }

    boolean isEmpty() {
        return function == null && residual == null;
    }

    /** The whole epilogue on {@code count} rows of {@code width} floats, whole vectors, that lie in the result. */
    void apply(float[] y, int[] rows, int from, int count, int width) {
        if (isEmpty() || count == 0) {
            return;
        }
        // One long run where the rows adjoin: short calls cost more than they do.
        boolean adjoin = rows[from + count - 1] - rows[from] == (count - 1) * width;
        int runs = adjoin ? 1 : count;
        int n = adjoin ? count * width : width;
        for (int i = 0; i < runs; i++) {
            run(y, rows[from + i], n);
        }
    }

    /** As {@link #apply} on n floats. */
    void run(float[] y, int at, int n) {
        function(y, at, n);
        add(y, at, n);
    }

    /** The function alone, on whole vectors: results do not depend on where they go. */
    void function(float[] y, int at, int n) {
        if (function != null) {
            int done = VectorFunctions.unary(function, p, q, n, y, at, y, at);
            for (int i = done; i < n; i++) {
                y[at + i] = ScalarFunctions.apply(function, p, q, y[at + i]);
            }
        }
    }

    /** The sum alone, for n floats of the result. */
    void add(float[] y, int at, int n) {
        if (residual != null) {
            int done = VectorMaps.binary(BinaryFunction.ADD, n, y, at, 1, residual, at + shift, 1, y, at);
            for (int i = done; i < n; i++) {
                y[at + i] += residual[at + shift + i];
            }
        }
    }
}
