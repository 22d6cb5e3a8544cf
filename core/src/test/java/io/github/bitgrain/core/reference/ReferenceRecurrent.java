package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;

/** GRU and LSTM in double precision, by the equations of ONNX's definitions; unrounded. */
final class ReferenceRecurrent {
    private ReferenceRecurrent() {}

    static List<Doubles> evaluate(Op op, List<Doubles> in, List<Shape> shapes) {
        boolean lstm = op instanceof Lstm;
        Direction direction = op instanceof Lstm o ? o.direction() : ((Gru) op).direction();
        Doubles x = in.get(0);
        int steps = x.shape().dim(0);
        int hidden = in.get(2).shape().dim(2);
        List<Doubles> out = shapes.stream().map(Doubles::zeros).toList();
        for (int d = 0; d < direction.count(); d++) {
            for (int n = 0; n < x.shape().dim(1); n++) {
                double[] h = new double[hidden];
                double[] c = new double[hidden];
                for (int i = 0; i < hidden; i++) {
                    h[i] = given(in, 5) ? in.get(5).get(d, n, i) : 0;
                    c[i] = given(in, 6) ? in.get(6).get(d, n, i) : 0;
                }
                for (int s = 0; s < steps; s++) {
                    int t = direction == Direction.REVERSE || d == 1 ? steps - 1 - s : s;
                    double[] next = new double[hidden];
                    for (int i = 0; i < hidden; i++) {
                        next[i] = lstm ? lstm(in, d, t, n, i, h, c) : gru((Gru) op, in, d, t, n, i, h);
                    }
                    h = next;
                    for (int i = 0; i < hidden; i++) {
                        out.get(0).set(h[i], t, d, n, i);
                    }
                }
                for (int i = 0; i < hidden; i++) {
                    if (out.size() > 1) {
                        out.get(1).set(h[i], d, n, i);
                    }
                    if (out.size() > 2) {
                        out.get(2).set(c[i], d, n, i);
                    }
                }
            }
        }
        return out;
    }

    private static boolean given(List<Doubles> in, int operand) {
        return operand < in.size() && in.get(operand) != null;
    }

    /** Moves cell i on and returns state i. */
    private static double lstm(List<Doubles> in, int d, int t, int n, int i, double[] h, double[] c) {
        int hidden = h.length;
        double[] gate = new double[4];
        for (int k = 0; k < 4; k++) {
            gate[k] = input(in, d, t, n, k * hidden + i) + recurrent(in, d, k * hidden + i, h);
        }
        c[i] = sigmoid(gate[2]) * c[i] + sigmoid(gate[0]) * Math.tanh(gate[3]);
        return sigmoid(gate[1]) * Math.tanh(c[i]);
    }

    private static double gru(Gru op, List<Doubles> in, int d, int t, int n, int i, double[] h) {
        int hidden = h.length;
        double update = sigmoid(input(in, d, t, n, i) + recurrent(in, d, i, h));
        double argument = input(in, d, t, n, 2 * hidden + i);
        double[] reset = new double[hidden];
        for (int k = 0; k < hidden; k++) {
            reset[k] = sigmoid(input(in, d, t, n, hidden + k) + recurrent(in, d, hidden + k, h));
        }
        if (op.linearBeforeReset()) {
            argument += reset[i] * recurrent(in, d, 2 * hidden + i, h);
        } else {
            double[] seen = new double[hidden];
            for (int k = 0; k < hidden; k++) {
                seen[k] = reset[k] * h[k];
            }
            argument += recurrent(in, d, 2 * hidden + i, seen);
        }
        return (1 - update) * Math.tanh(argument) + update * h[i];
    }

    private static double input(List<Doubles> in, int d, int t, int n, int row) {
        double sum = given(in, 3) ? in.get(3).get(d, row) : 0;
        for (int f = 0; f < in.get(0).shape().dim(2); f++) {
            sum += in.get(1).get(d, row, f) * in.get(0).get(t, n, f);
        }
        return sum;
    }

    private static double recurrent(List<Doubles> in, int d, int row, double[] h) {
        double sum = given(in, 3) ? in.get(3).get(d, in.get(2).shape().dim(1) + row) : 0;
        for (int k = 0; k < h.length; k++) {
            sum += in.get(2).get(d, row, k) * h[k];
        }
        return sum;
    }

    private static double sigmoid(double v) {
        return 1 / (1 + Math.exp(-v));
    }
}
