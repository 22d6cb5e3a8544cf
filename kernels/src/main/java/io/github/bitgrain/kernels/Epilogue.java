package io.github.bitgrain.kernels;

/** What becomes of the results of a convolution while they are still in a cache: a {@link Finish}, then the sum with another map. */
final class Epilogue {
    private UnaryFunction function;
    private float p;
    private float q;
    private FakeQuantizer quantizer;
    private WholeRange wholes;
    private float[] table;
    private boolean roundsVectors;
    private float scale;
    private float inverse;
    private float[] residual;
    private int shift;

    /** Nothing. */
    Epilogue none() {
        return set(Finish.NONE, null, 0, 0);
    }

    /**
     * {@code y = finish(y) + residual}.
     *
     * @param residual map of the geometry of y, or null
     */
    Epilogue set(Finish finish, float[] residualMap, int residualOffset, int yOffset) {
        function = finish.function();
        p = finish.p();
        q = finish.q();
        quantizer = finish.quantizer();
        wholes = finish.wholes();
        table = finish.table();
        roundsVectors = quantizer != null && VectorFakeQuantization.covers(quantizer.exponent(), quantizer.qmin(), quantizer.qmax(), quantizer.rounding());
        if (roundsVectors) {
            scale = FakeQuantization.scale(quantizer.exponent());
            inverse = FakeQuantization.scale(-quantizer.exponent());
        }
        residual = residualMap;
        shift = residualOffset - yOffset;
        return this;
    }

    /** A clamp alone; infinite bounds clamp nothing. */
    Epilogue clamp(float lo, float hi) {
        none();
        function = lo > Float.NEGATIVE_INFINITY || hi < Float.POSITIVE_INFINITY ? UnaryFunction.CLIP : null;
        p = lo;
        q = hi;
        return this;
    }

    /** Whether the other map can be read up to the place where y ends with {@code end}. */
    boolean reads(int end) {
        return residual == null || end + shift <= residual.length;
    }

    boolean isEmpty() {
        return function == null && quantizer == null && wholes == null && table == null && residual == null;
    }

    /** The whole epilogue on {@code count} rows of {@code width} floats, whole vectors, that lie in the result. */
    void apply(float[] y, int[] rows, int from, int count, int width) {
        if (isEmpty() || count == 0) {
            return;
        }
        // One call where the rows lie at one distance: short calls cost more than they do.
        int distance = count == 1 ? width : rows[from + 1] - rows[from];
        if (rows[from + count - 1] - rows[from] != (count - 1) * distance) {
            for (int i = 0; i < count; i++) {
                run(y, rows[from + i], width);
            }
        } else if (distance == width) {
            run(y, rows[from], count * width);
        } else {
            run(y, rows[from], count, width, distance);
        }
    }

    /** As {@link #apply} on rows at one distance. */
    private void run(float[] y, int at, int count, int width, int distance) {
        if (function != null) {
            for (int i = 0; i < count; i++) {
                call(y, at + i * distance, width);
            }
        }
        round(y, at, count, width, distance);
        if (table != null) {
            VectorTable.lookUp(table, count, width, y, at, distance, y, at, distance);
        }
        for (int i = 0; i < count && residual != null; i++) {
            add(y, at + i * distance, width);
        }
    }

    /** As {@link #apply} on n floats. */
    void run(float[] y, int at, int n) {
        finish(y, at, n);
        add(y, at, n);
    }

    /** Without the sum, on whole vectors: results do not depend on where they go. */
    void finish(float[] y, int at, int n) {
        if (function != null) {
            call(y, at, n);
        }
        round(y, at, 1, n, n);
        if (table != null) {
            VectorTable.lookUp(table, 1, n, y, at, n, y, at, n);
        }
    }

    private void call(float[] y, int at, int n) {
        int done = VectorFunctions.unary(function, p, q, n, y, at, y, at);
        for (int i = done; i < n; i++) {
            y[at + i] = ScalarFunctions.apply(function, p, q, y[at + i]);
        }
    }

    private void round(float[] y, int at, int rows, int n, int distance) {
        if (wholes != null) {
            wholes(y, at, rows, n, distance);
        }
        if (quantizer == null) {
            return;
        }
        int done = roundsVectors ? VectorFakeQuantization.vectors(quantizer.rounding(), rows, n, y, at, distance, y, at, distance, scale, inverse,
                quantizer.qmin(), quantizer.qmax()) : 0;
        for (int i = 0; i < rows && done < n; i++) {
            int rest = at + i * distance + done;
            ScalarFloatKernels.quantize(n - done, y, rest, y, rest, quantizer.exponent(), quantizer.qmin(), quantizer.qmax(), quantizer.rounding());
        }
    }

    private void wholes(float[] y, int at, int rows, int n, int distance) {
        int done = VectorFakeQuantization.wholes(rows, n, y, at, distance, wholes.lowest(), wholes.highest());
        for (int i = 0; i < rows && done < n; i++) {
            wholes.round(n - done, y, at + i * distance + done);
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
