package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.RecurrentForm;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FloatKernels;

/**
 * Gradients of GRU and LSTM by the chain rule backwards through time. First every walk finds ∂loss/∂a of all gate arguments
 * a = W·x + Wb + R·h + Rb; the operands' gradients are products with them: dW = Σ da xᵀ, dR = Σ da hᵀ, db = Σ da, dx = Wᵀ·da.
 *
 * <p>Where the chip rounds, gradients go straight through: that of a rounded product or argument as if it were not rounded, that
 * of a cell or state as in {@link FakeQuantGradients}: none outside the range, and the state's scale hears of every step.
 */
final class RecurrentGradients {
    private final RecurrentForm form;
    private final NodeGradient g;
    private final int hidden;
    private final int rows;
    private final Buffer w;
    private final Buffer r;
    private final Buffer keptGates;
    private final Buffer keptStates;
    private final Buffer keptCells;
    private final Buffer keptProducts;
    /** ∂loss/∂(W·x), one row of gate arguments per kept row. */
    private final Buffer ofInput;
    /** ∂loss/∂(R·h): the same as {@link #ofInput} but for the hidden gate of a GRU that resets the product. */
    private final Buffer ofState;
    /** What R was multiplied by for the hidden gate of a GRU: the state, or the state after its reset. */
    private final Buffer seen;

    private RecurrentGradients(RecurrentForm form, NodeGradient g) {
        this.form = form;
        this.g = g;
        hidden = form.hidden();
        rows = form.rows();
        w = form.in(RecurrentForm.WEIGHTS).buffer();
        r = form.in(RecurrentForm.RECURRENCE).buffer();
        keptGates = g.node().saved(RecurrentForm.KEPT_GATES);
        keptStates = g.node().saved(RecurrentForm.KEPT_STATES);
        keptCells = g.node().saved(RecurrentForm.KEPT_CELLS);
        keptProducts = g.node().saved(RecurrentForm.KEPT_PRODUCTS);
        ofInput = g.scratch(form.kept() * rows);
        ofState = !form.isLstm() && form.linearBeforeReset() ? g.scratch(form.kept() * rows) : ofInput;
        seen = form.isLstm() || form.linearBeforeReset() ? keptStates : g.scratch(form.kept() * hidden);
    }

    static void emit(RecurrentForm form, NodeGradient g) {
        new RecurrentGradients(form, g).emit();
    }

    private void emit() {
        int batch = form.batch();
        int walks = form.direction().count();
        Buffer[] dy = {g.dy(0), g.node().results() > 1 ? g.dy(1) : null, g.node().results() > 2 ? g.dy(2) : null};
        NodeGradient.Sink state = g.wants(RecurrentForm.STATE) ? g.sink(RecurrentForm.STATE) : null;
        NodeGradient.Sink cell = g.wants(RecurrentForm.CELL) ? g.sink(RecurrentForm.CELL) : null;
        Value scale = form.in(GateQuantization.STATE_SCALE);
        double[] ofScale = new double[walks * batch];
        g.step(walks * batch, (from, to) -> {
            for (int item = from; item < to; item++) {
                Walk walk = new Walk(item / batch, item % batch, dy);
                walk.run();
                add(state, item, walk.dh);
                add(cell, item, walk.dc);
                ofScale[item] = walk.ofScale;
            }
        }, w, r, scale == null ? null : scale.buffer(), keptGates, keptStates, keptCells, keptProducts, ofInput, ofState, seen, dy[0], dy[1], dy[2],
                state == null ? null : state.buffer(), cell == null ? null : cell.buffer());
        if (g.wants(GateQuantization.STATE_SCALE)) {
            scale(scale.buffer(), ofScale);
        }
        if (g.wants(0)) {
            input();
        }
        if (g.wants(RecurrentForm.WEIGHTS)) {
            weights();
        }
        if (g.wants(RecurrentForm.RECURRENCE)) {
            recurrence();
        }
        if (g.wants(RecurrentForm.BIAS)) {
            bias();
        }
    }

    private void scale(Buffer scale, double[] ofScale) {
        NodeGradient.Sink sink = g.sink(GateQuantization.STATE_SCALE);
        g.step(1, (from, to) -> {
            double sum = 0;
            for (double item : ofScale) {
                sum += item;
            }
            add(sink, sink.buffer().offset(), (float) Math.scalb(Math.log(2) * sum, form.stateExponent()));
        }, scale, sink.buffer());
    }

    /** dx[t, n] = Σ_d W[d]ᵀ · da[d, t, n]. */
    private void input() {
        Buffer dx = g.accumulator(0);
        FloatKernels kernels = g.kernels();
        int features = form.features();
        int sequence = form.steps() * form.batch();
        g.step(1, (from, to) -> {
            for (int d = 0; d < form.direction().count(); d++) {
                kernels.gemm(sequence, features, rows, ofInput.data(), ofInput.offset() + d * sequence * rows, rows, 1,
                        w.data(), w.offset() + d * rows * features, features, 1, dx.data(), dx.offset(), features, true);
            }
        }, ofInput, w, dx);
    }

    /** dW[d] = Σ_{t, n} da[d, t, n] · x[t, n]ᵀ. */
    private void weights() {
        Buffer dw = g.accumulator(RecurrentForm.WEIGHTS);
        Buffer x = form.in(0).buffer();
        FloatKernels kernels = g.kernels();
        int features = form.features();
        int sequence = form.steps() * form.batch();
        g.step(1, (from, to) -> {
            for (int d = 0; d < form.direction().count(); d++) {
                kernels.gemm(rows, features, sequence, ofInput.data(), ofInput.offset() + d * sequence * rows, 1, rows,
                        x.data(), x.offset(), features, 1, dw.data(), dw.offset() + d * rows * features, features, true);
            }
        }, ofInput, x, dw);
    }

    /** dR[d] = Σ_{t, n} da[d, t, n] · h[d, t, n]ᵀ with h as the gate saw it. */
    private void recurrence() {
        Buffer dr = g.accumulator(RecurrentForm.RECURRENCE);
        FloatKernels kernels = g.kernels();
        int sequence = form.steps() * form.batch();
        int first = seen == keptStates ? rows : 2 * hidden;
        g.step(1, (from, to) -> {
            for (int d = 0; d < form.direction().count(); d++) {
                int arguments = ofState.offset() + d * sequence * rows;
                int states = d * sequence * hidden;
                int into = dr.offset() + d * rows * hidden;
                kernels.gemm(first, hidden, sequence, ofState.data(), arguments, 1, rows,
                        keptStates.data(), keptStates.offset() + states, hidden, 1, dr.data(), into, hidden, true);
                if (first < rows) {
                    kernels.gemm(rows - first, hidden, sequence, ofState.data(), arguments + first, 1, rows,
                            seen.data(), seen.offset() + states, hidden, 1, dr.data(), into + first * hidden, hidden, true);
                }
            }
        }, ofState, keptStates, seen, dr);
    }

    private void bias() {
        NodeGradient.Sink db = g.sink(RecurrentForm.BIAS);
        int sequence = form.steps() * form.batch();
        g.step(form.direction().count() * 2 * rows, (from, to) -> {
            for (int item = from; item < to; item++) {
                int d = item / (2 * rows);
                int argument = item % rows;
                Buffer of = item / rows % 2 == 0 ? ofInput : ofState;
                double sum = 0;
                for (int i = 0; i < sequence; i++) {
                    sum += of.data()[of.offset() + (d * sequence + i) * rows + argument];
                }
                add(db, db.buffer().offset() + item, (float) sum);
            }
        }, ofInput, ofState, db.buffer());
    }

    private void add(NodeGradient.Sink sink, int row, double[] values) {
        for (int i = 0; sink != null && i < hidden; i++) {
            add(sink, sink.buffer().offset() + row * hidden + i, (float) values[i]);
        }
    }

    private static void add(NodeGradient.Sink sink, int at, float value) {
        sink.buffer().data()[at] = sink.add() ? sink.buffer().data()[at] + value : value;
    }

    /** One sequence back through time in one direction. */
    private final class Walk {
        private final int d;
        private final int n;
        private final Buffer dyStates;
        /** ∂loss/∂state and ∂loss/∂cell behind the step at hand, at the end of those before the first. */
        private final double[] dh;
        private final double[] dc;
        private final int stateExponent = form.rounding() == null ? 0 : form.stateExponent();
        private final double stateEnd = form.rounding() == null ? 0 : Math.scalb(1.0, form.rounding().bits() - 1);
        /** Σ dh · (q − h / s), to be multiplied by s · ln 2. */
        private double ofScale;

        Walk(int d, int n, Buffer[] dy) {
            this.d = d;
            this.n = n;
            dyStates = dy[0];
            dh = last(dy[1]);
            dc = last(dy[2]);
        }

        private double[] last(Buffer dy) {
            double[] values = new double[hidden];
            for (int i = 0; dy != null && i < hidden; i++) {
                values[i] = dy.data()[dy.offset() + (d * form.batch() + n) * hidden + i];
            }
            return values;
        }

        void run() {
            for (int s = form.steps() - 1; s >= 0; s--) {
                int t = form.time(d, s);
                int row = form.row(d, t, n);
                for (int i = 0; dyStates != null && i < hidden; i++) {
                    dh[i] += dyStates.data()[dyStates.offset() + ((t * form.direction().count() + d) * form.batch() + n) * hidden + i];
                }
                if (form.isLstm()) {
                    lstmStep(row);
                } else {
                    gruStep(row);
                }
            }
        }

        private double kept(Buffer buffer, int at) {
            return buffer.data()[buffer.offset() + at];
        }

        /** ∂loss/∂h before rounding, of the unrounded state {@code value}. */
        private double throughState(double value, double slope) {
            if (form.rounding() == null) {
                return slope;
            }
            double q = form.rounding().rounding().round((float) Math.scalb(value, -stateExponent));
            if (q < -stateEnd || q > stateEnd - 1) {
                ofScale += slope * Math.clamp(q, -stateEnd, stateEnd - 1);
                return 0;
            }
            ofScale += slope * (q - Math.scalb(value, -stateExponent));
            return slope;
        }

        private boolean cellFits(double value) {
            return form.rounding() == null
                    || Math.abs(Math.scalb(value, -form.rounding().exponent())) < Math.scalb(1.0, GateQuantization.GATE_BITS - 1) - 0.5;
        }

        /** As the chip keeps the cell. */
        private double cell(double value) {
            return form.rounding() == null ? value : Math.scalb((double) form.rounding().rounding().round(
                    (float) Math.scalb(value, -form.rounding().exponent())), form.rounding().exponent());
        }

        /** h = o · tanh(c), c = f · c′ + i · k. */
        private void lstmStep(int row) {
            int at = row * rows;
            for (int u = 0; u < hidden; u++) {
                double input = kept(keptGates, at + u);
                double output = kept(keptGates, at + hidden + u);
                double forget = kept(keptGates, at + 2 * hidden + u);
                double candidate = kept(keptGates, at + 3 * hidden + u);
                double before = kept(keptCells, row * hidden + u);
                double raw = forget * before + input * candidate;
                double squashed = Math.tanh(cell(raw));
                double slope = throughState(output * squashed, dh[u]);
                double ofCell = cellFits(raw) ? dc[u] + slope * output * (1 - squashed * squashed) : 0;
                put(at + u, ofCell * candidate * input * (1 - input));
                put(at + hidden + u, slope * squashed * output * (1 - output));
                put(at + 2 * hidden + u, ofCell * before * forget * (1 - forget));
                put(at + 3 * hidden + u, ofCell * input * (1 - candidate * candidate));
                dc[u] = ofCell * forget;
                dh[u] = 0;
            }
            throughRecurrence(row, 0, rows, dh);
        }

        private void put(int at, double value) {
            ofInput.data()[ofInput.offset() + at] = (float) value;
            ofState.data()[ofState.offset() + at] = (float) value;
        }

        /** to += Rᵀ · da over some gate arguments. */
        private void throughRecurrence(int row, int first, int end, double[] to) {
            for (int argument = first; argument < end; argument++) {
                double slope = kept(ofState, row * rows + argument);
                int start = (d * rows + argument) * hidden;
                for (int u = 0; u < hidden; u++) {
                    to[u] += slope * kept(r, start + u);
                }
            }
        }

        /** h = (1 − z) · k + z · h′, k = tanh(W·x + reset · R·h′) or tanh(W·x + R·(reset · h′)). */
        private void gruStep(int row) {
            int at = row * rows;
            double[] ofReset = new double[hidden];
            double[] before = new double[hidden];
            for (int u = 0; u < hidden; u++) {
                double update = kept(keptGates, at + u);
                double reset = kept(keptGates, at + hidden + u);
                double candidate = kept(keptGates, at + 2 * hidden + u);
                double state = kept(keptStates, row * hidden + u);
                double slope = throughState((1 - update) * candidate + update * state, dh[u]);
                double ofCandidate = slope * (1 - update) * (1 - candidate * candidate);
                put(at + u, slope * (state - candidate) * update * (1 - update));
                put(at + 2 * hidden + u, ofCandidate);
                before[u] = slope * update;
                if (form.linearBeforeReset()) {
                    ofReset[u] = ofCandidate * kept(keptProducts, row * hidden + u);
                    ofState.data()[ofState.offset() + at + 2 * hidden + u] = (float) (ofCandidate * reset);
                } else {
                    seen.data()[seen.offset() + row * hidden + u] = (float) (reset * state);
                }
            }
            if (form.linearBeforeReset()) {
                throughRecurrence(row, 2 * hidden, rows, before);
            } else {
                double[] ofSeen = new double[hidden];
                throughRecurrence(row, 2 * hidden, rows, ofSeen);
                for (int u = 0; u < hidden; u++) {
                    ofReset[u] = ofSeen[u] * kept(keptStates, row * hidden + u);
                    before[u] += ofSeen[u] * kept(keptGates, at + hidden + u);
                }
            }
            for (int u = 0; u < hidden; u++) {
                double reset = kept(keptGates, at + hidden + u);
                put(at + hidden + u, ofReset[u] * reset * (1 - reset));
            }
            throughRecurrence(row, 0, 2 * hidden, before);
            System.arraycopy(before, 0, dh, 0, hidden);
        }
    }
}
