package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;

/**
 * Evaluation of GRU and LSTM. With {@link GateQuantization} the products, cells and states are rounded where the chip rounds
 * them, step by step; the gate functions stay exact (the chip reads tables as fine as its arguments).
 */
final class RecurrentEvaluator {
    private static final int BIAS = 3;
    private static final int STATE = 5;
    private static final int CELL = 6;

    private final Value x;
    private final Value w;
    private final Value r;
    private final Value bias;
    private final Value firstState;
    private final Value firstCell;
    private final Value[] results = new Value[3];
    private final int gates;
    private final int hidden;
    private final boolean linearBeforeReset;
    private final GateQuantization rounding;
    private final Direction direction;
    private final int steps;
    private final int batch;
    private final int features;

    private RecurrentEvaluator(PlannedNode node, int gates, int hidden, Direction direction, boolean linearBeforeReset, GateQuantization rounding) {
        this.gates = gates;
        this.hidden = hidden;
        this.direction = direction;
        this.linearBeforeReset = linearBeforeReset;
        this.rounding = rounding;
        x = node.in(0, Layout.DENSE);
        w = node.in(1, Layout.DENSE);
        r = node.in(2, Layout.DENSE);
        bias = node.has(BIAS) ? node.in(BIAS, Layout.DENSE) : null;
        firstState = node.has(STATE) ? node.in(STATE, Layout.DENSE) : null;
        firstCell = node.has(CELL) ? node.in(CELL, Layout.DENSE) : null;
        steps = x.shape().dim(0);
        batch = x.shape().dim(1);
        features = x.shape().dim(2);
        for (int i = 0; i < node.results(); i++) {
            results[i] = node.wanted(i) ? node.out(i, Layout.DENSE) : null;
        }
    }

    static void gru(Gru op, PlannedNode node) {
        new RecurrentEvaluator(node, 3, op.hidden(), op.direction(), op.linearBeforeReset(), op.gates()).emit(node);
    }

    static void lstm(Lstm op, PlannedNode node) {
        new RecurrentEvaluator(node, 4, op.hidden(), op.direction(), false, op.gates()).emit(node);
    }

    private void emit(PlannedNode node) {
        node.step(direction.count() * batch, (from, to) -> {
            for (int item = from; item < to; item++) {
                walk(item / batch, item % batch);
            }
        }, buffer(x), buffer(w), buffer(r), buffer(bias), buffer(firstState), buffer(firstCell),
                buffer(results[0]), buffer(results[1]), buffer(results[2]));
    }

    private static Buffer buffer(Value value) {
        return value == null ? null : value.buffer();
    }

    /** One sample through time in one direction. */
    private void walk(int d, int n) {
        float[] h = initial(firstState, d, n);
        float[] c = initial(firstCell, d, n);
        int rows = gates * hidden;
        float[] a = new float[rows];
        float[] b = new float[rows];
        for (int s = 0; s < steps; s++) {
            int t = direction.isBackward(d) ? steps - 1 - s : s;
            products(w, d, x.buffer().data(), x.buffer().offset() + (t * batch + n) * features, features, 0, a);
            if (gates == 4) {
                products(r, d, h, 0, hidden, rows, b);
                lstmStep(a, b, h, c);
            } else {
                gruStep(d, a, b, h);
            }
            put(results[0], (t * direction.count() + d) * batch + n, h);
        }
        put(results[1], d * batch + n, h);
        put(results[2], d * batch + n, c);
    }

    private float[] initial(Value given, int d, int n) {
        float[] values = new float[hidden];
        if (given != null) {
            System.arraycopy(given.buffer().data(), given.buffer().offset() + (d * batch + n) * hidden, values, 0, hidden);
        }
        return values;
    }

    private void put(Value to, int row, float[] values) {
        if (to != null) {
            System.arraycopy(values, 0, to.buffer().data(), to.buffer().offset() + row * hidden, hidden);
        }
    }

    /** to = rounded (weights · v) + bias from {@code biasStart} on, for all gates of direction d. */
    private void products(Value weights, int d, float[] v, int from, int length, int biasStart, float[] to) {
        products(weights, d, 0, gates * hidden, v, from, length, biasStart, to);
    }

    private void products(Value weights, int d, int firstRow, int endRow, float[] v, int from, int length, int biasStart, float[] to) {
        float[] data = weights.buffer().data();
        for (int row = firstRow; row < endRow; row++) {
            int start = weights.buffer().offset() + (d * gates * hidden + row) * length;
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += (double) data[start + i] * v[from + i];
            }
            float product = gate((float) sum);
            to[row] = bias == null ? product
                    : product + bias.buffer().data()[bias.buffer().offset() + d * 2 * gates * hidden + biasStart + row];
        }
    }

    private void lstmStep(float[] a, float[] b, float[] h, float[] c) {
        for (int i = 0; i < hidden; i++) {
            double input = sigmoid(a[i] + b[i]);
            double output = sigmoid(a[hidden + i] + b[hidden + i]);
            double forget = sigmoid(a[2 * hidden + i] + b[2 * hidden + i]);
            double candidate = Math.tanh(a[3 * hidden + i] + b[3 * hidden + i]);
            c[i] = gate((float) (forget * c[i] + input * candidate));
            h[i] = state((float) (output * Math.tanh(c[i])));
        }
    }

    private void gruStep(int d, float[] a, float[] b, float[] h) {
        int rows = gates * hidden;
        products(r, d, 0, 2 * hidden, h, 0, hidden, rows, b);
        float[] reset = new float[hidden];
        for (int i = 0; i < hidden; i++) {
            reset[i] = (float) sigmoid(a[hidden + i] + b[hidden + i]);
        }
        float[] seen = h;
        if (!linearBeforeReset) {
            seen = new float[hidden];
            for (int i = 0; i < hidden; i++) {
                seen[i] = reset[i] * h[i];
            }
        }
        products(r, d, 2 * hidden, rows, seen, 0, hidden, rows, b);
        for (int i = 0; i < hidden; i++) {
            double update = sigmoid(a[i] + b[i]);
            float recurrent = b[2 * hidden + i];
            float argument = gate(a[2 * hidden + i] + (linearBeforeReset ? reset[i] * recurrent : recurrent));
            h[i] = state((float) ((1 - update) * Math.tanh(argument) + update * h[i]));
        }
    }

    private static double sigmoid(float v) {
        return 1 / (1 + Math.exp(-v));
    }

    private float gate(float value) {
        return rounding == null ? value : rounded(value, GateQuantization.GATE_BITS, GateQuantization.GATE_EXPONENT);
    }

    private float state(float value) {
        return rounding == null ? value : rounded(value, rounding.bits(), rounding.exponent());
    }

    private float rounded(float value, int bits, int exponent) {
        float last = (1 << (bits - 1)) - 1;
        return Math.scalb(Math.clamp(rounding.rounding().round(Math.scalb(value, -exponent)), -last - 1, last), exponent);
    }
}
