package io.github.bitgrain.core.evaluate;

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
    private final RecurrentForm form;
    private final Value x;
    private final Value w;
    private final Value r;
    private final Value bias;
    private final Value firstState;
    private final Value firstCell;
    private final Value stateScale;
    private final Value[] results = new Value[3];
    private final Buffer keptGates;
    private final Buffer keptStates;
    private final Buffer keptCells;
    private final Buffer keptProducts;
    private final int hidden;

    private RecurrentEvaluator(RecurrentForm form) {
        this.form = form;
        PlannedNode node = form.node();
        hidden = form.hidden();
        x = form.in(0);
        w = form.in(RecurrentForm.WEIGHTS);
        r = form.in(RecurrentForm.RECURRENCE);
        bias = form.in(RecurrentForm.BIAS);
        firstState = form.in(RecurrentForm.STATE);
        firstCell = form.in(RecurrentForm.CELL);
        stateScale = form.in(GateQuantization.STATE_SCALE);
        for (int i = 0; i < node.results(); i++) {
            results[i] = node.wanted(i) ? node.out(i, Layout.DENSE) : null;
        }
        boolean keeps = node.differentiable();
        keptGates = keeps ? node.save(RecurrentForm.KEPT_GATES, form.kept() * form.rows()) : null;
        keptStates = keeps ? node.save(RecurrentForm.KEPT_STATES, form.kept() * hidden) : null;
        keptCells = keeps && form.isLstm() ? node.save(RecurrentForm.KEPT_CELLS, form.kept() * hidden) : null;
        keptProducts = keeps && !form.isLstm() ? node.save(RecurrentForm.KEPT_PRODUCTS, form.kept() * hidden) : null;
    }

    static void gru(Gru op, PlannedNode node) {
        new RecurrentEvaluator(RecurrentForm.of(op, node)).emit(node);
    }

    static void lstm(Lstm op, PlannedNode node) {
        new RecurrentEvaluator(RecurrentForm.of(op, node)).emit(node);
    }

    private void emit(PlannedNode node) {
        int batch = form.batch();
        node.step(form.direction().count() * batch, (from, to) -> {
            for (int item = from; item < to; item++) {
                new Walk(item / batch, item % batch).run();
            }
        }, buffer(x), buffer(w), buffer(r), buffer(bias), buffer(firstState), buffer(firstCell), buffer(stateScale),
                buffer(results[0]), buffer(results[1]), buffer(results[2]), keptGates, keptStates, keptCells, keptProducts);
    }

    private static Buffer buffer(Value value) {
        return value == null ? null : value.buffer();
    }

    /** One sequence through time in one direction. */
    private final class Walk {
        private final int d;
        private final int n;
        private final int stateExponent = form.rounding() == null ? 0 : form.stateExponent();
        private final float[] h;
        private final float[] c;
        private final float[] a = new float[form.rows()];
        private final float[] b = new float[form.rows()];
        private final float[] gates = new float[form.rows()];

        Walk(int d, int n) {
            this.d = d;
            this.n = n;
            h = initial(firstState);
            c = initial(firstCell);
        }

        void run() {
            int features = form.features();
            int batch = form.batch();
            int walks = form.direction().count();
            for (int s = 0; s < form.steps(); s++) {
                int t = form.time(d, s);
                int row = form.row(d, t, n);
                keep(keptStates, row, h);
                keep(keptCells, row, c);
                products(w, 0, form.rows(), x.buffer().data(), x.buffer().offset() + (t * batch + n) * features, features, 0, a);
                if (form.isLstm()) {
                    products(r, 0, form.rows(), h, 0, hidden, form.rows(), b);
                    lstmStep();
                } else {
                    gruStep(row);
                }
                keep(keptGates, row, gates);
                put(results[0], (t * walks + d) * batch + n, h);
            }
            put(results[1], d * batch + n, h);
            put(results[2], d * batch + n, c);
        }

        private float[] initial(Value given) {
            float[] values = new float[hidden];
            if (given != null) {
                System.arraycopy(given.buffer().data(), given.buffer().offset() + (d * form.batch() + n) * hidden, values, 0, hidden);
            }
            return values;
        }

        /** to = rounded (weights · v) + bias from {@code biasStart} on, for some gate arguments. */
        private void products(Value weights, int firstRow, int endRow, float[] v, int from, int length, int biasStart, float[] to) {
            float[] data = weights.buffer().data();
            for (int row = firstRow; row < endRow; row++) {
                int start = weights.buffer().offset() + (d * form.rows() + row) * length;
                double sum = 0;
                for (int i = 0; i < length; i++) {
                    sum += (double) data[start + i] * v[from + i];
                }
                float product = gate((float) sum);
                to[row] = bias == null ? product
                        : product + bias.buffer().data()[bias.buffer().offset() + d * 2 * form.rows() + biasStart + row];
            }
        }

        private void lstmStep() {
            for (int i = 0; i < hidden; i++) {
                double input = sigmoid(a[i] + b[i]);
                double output = sigmoid(a[hidden + i] + b[hidden + i]);
                double forget = sigmoid(a[2 * hidden + i] + b[2 * hidden + i]);
                double candidate = Math.tanh(a[3 * hidden + i] + b[3 * hidden + i]);
                gates[i] = (float) input;
                gates[hidden + i] = (float) output;
                gates[2 * hidden + i] = (float) forget;
                gates[3 * hidden + i] = (float) candidate;
                c[i] = gate((float) (forget * c[i] + input * candidate));
                h[i] = state((float) (output * Math.tanh(c[i])));
            }
        }

        private void gruStep(int row) {
            int rows = form.rows();
            products(r, 0, 2 * hidden, h, 0, hidden, rows, b);
            float[] reset = new float[hidden];
            for (int i = 0; i < hidden; i++) {
                reset[i] = (float) sigmoid(a[hidden + i] + b[hidden + i]);
            }
            float[] seen = h;
            if (!form.linearBeforeReset()) {
                seen = new float[hidden];
                for (int i = 0; i < hidden; i++) {
                    seen[i] = reset[i] * h[i];
                }
            }
            products(r, 2 * hidden, rows, seen, 0, hidden, rows, b);
            if (keptProducts != null) {
                System.arraycopy(b, 2 * hidden, keptProducts.data(), keptProducts.offset() + row * hidden, hidden);
            }
            for (int i = 0; i < hidden; i++) {
                double update = sigmoid(a[i] + b[i]);
                float recurrent = b[2 * hidden + i];
                float argument = gate(a[2 * hidden + i] + (form.linearBeforeReset() ? reset[i] * recurrent : recurrent));
                double candidate = Math.tanh(argument);
                gates[i] = (float) update;
                gates[hidden + i] = reset[i];
                gates[2 * hidden + i] = (float) candidate;
                h[i] = state((float) ((1 - update) * candidate + update * h[i]));
            }
        }

        private float state(float value) {
            return form.rounding() == null ? value : rounded(value, form.rounding().bits(), stateExponent);
        }
    }

    private void put(Value to, int row, float[] values) {
        if (to != null) {
            keep(to.buffer(), row, values);
        }
    }

    private static void keep(Buffer to, int row, float[] values) {
        if (to != null) {
            System.arraycopy(values, 0, to.data(), to.offset() + row * values.length, values.length);
        }
    }

    private static double sigmoid(float v) {
        return 1 / (1 + Math.exp(-v));
    }

    private float gate(float value) {
        return form.rounding() == null ? value : rounded(value, GateQuantization.GATE_BITS, form.rounding().exponent());
    }

    private float rounded(float value, int bits, int exponent) {
        float last = (1 << (bits - 1)) - 1;
        return Math.scalb(Math.clamp(form.rounding().rounding().round(Math.scalb(value, -exponent)), -last - 1, last), exponent);
    }
}
