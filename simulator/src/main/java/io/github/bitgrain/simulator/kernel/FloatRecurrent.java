package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.Arrays;

/** GRU and LSTM of a float island, batch 1: {@link Recurrent}'s formulas without scales and tables. */
final class FloatRecurrent implements ChipKernel {
    private final NodeSetup node;
    private final boolean isLstm;
    private final int hidden;
    private final int rows;
    private final int directions;
    private final float[] weights;
    private final float[] recurrence;
    private final float[] bias;
    private final int features;

    FloatRecurrent(NodeSetup node, boolean isLstm) {
        this.node = node;
        this.isLstm = isLstm;
        hidden = Math.toIntExact(node.node().integer("hidden_size", 0));
        rows = (isLstm ? 4 : 3) * hidden;
        directions = Recurrent.directions(node);
        weights = floats(node, 1);
        recurrence = floats(node, 2);
        bias = node.hasInput(3) ? floats(node, 3) : new float[directions * 2 * rows];
        features = weights.length / (directions * rows);
    }

    private static float[] floats(NodeSetup node, int input) {
        ChipTensor parameter = node.requireParameter(input);
        if (parameter.type().isQuantized()) {
            throw node.fail("input " + input + " holds integers, the input sequence floats");
        }
        return parameter.floats();
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer x = inputs[0];
        Recurrent.requireSequence(node, x, features);
        int steps = x.dim(0);
        outputs[0].reshape(steps, directions, 1, hidden);
        for (int d = 0; d < directions; d++) {
            float[] h = state(inputs, 5, d);
            float[] c = state(inputs, 6, d);
            for (int s = 0; s < steps; s++) {
                int t = d == 1 ? steps - 1 - s : s;
                float[] a = products(weights, d, features, x.floats(), t * features, 0);
                float[] b = products(recurrence, d, hidden, h, 0, rows);
                if (isLstm) {
                    lstm(a, b, h, c);
                } else {
                    gru(a, b, h);
                }
                System.arraycopy(h, 0, outputs[0].floats(), (t * directions + d) * hidden, hidden);
            }
            store(outputs, 1, d, h);
            store(outputs, 2, d, c);
        }
    }

    private float[] state(ChipBuffer[] inputs, int input, int d) {
        boolean given = input < inputs.length && inputs[input] != null;
        return given ? Arrays.copyOfRange(inputs[input].floats(), d * hidden, (d + 1) * hidden) : new float[hidden];
    }

    private void store(ChipBuffer[] outputs, int output, int d, float[] values) {
        if (output < outputs.length && outputs[output] != null) {
            outputs[output].reshape(directions, 1, hidden);
            System.arraycopy(values, 0, outputs[output].floats(), d * hidden, hidden);
        }
    }

    /** Gate arguments of direction d: matrix · v + bias from {@code biasStart} on. */
    private float[] products(float[] matrix, int d, int length, float[] v, int from, int biasStart) {
        float[] products = new float[rows];
        for (int row = 0; row < rows; row++) {
            float sum = 0f;
            for (int i = 0; i < length; i++) {
                sum += matrix[(d * rows + row) * length + i] * v[from + i];
            }
            products[row] = sum + bias[d * 2 * rows + biasStart + row];
        }
        return products;
    }

    private void gru(float[] a, float[] b, float[] h) {
        for (int i = 0; i < hidden; i++) {
            float z = Activation.sigmoid(a[i] + b[i]);
            float r = Activation.sigmoid(a[hidden + i] + b[hidden + i]);
            float n = Activation.tanh(a[2 * hidden + i] + r * b[2 * hidden + i]);
            h[i] = (1f - z) * n + z * h[i];
        }
    }

    private void lstm(float[] a, float[] b, float[] h, float[] c) {
        for (int i = 0; i < hidden; i++) {
            float input = Activation.sigmoid(a[i] + b[i]);
            float output = Activation.sigmoid(a[hidden + i] + b[hidden + i]);
            float forget = Activation.sigmoid(a[2 * hidden + i] + b[2 * hidden + i]);
            float candidate = Activation.tanh(a[3 * hidden + i] + b[3 * hidden + i]);
            c[i] = forget * c[i] + input * candidate;
            h[i] = output * Activation.tanh(c[i]);
        }
    }
}
