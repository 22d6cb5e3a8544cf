package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.Arrays;

/** GRU and LSTM, batch 1 (chip-arithmetic.md §3.14). Gate values are 16-bit integers at the gate exponent. */
final class Recurrent {
    private static final int GATE_BITS = 16;
    private static final int DOT_BITS = 40;
    /** Arguments beyond which the chip's gate tables end. */
    private static final double SIGMOID_RANGE = 6.3;
    private static final double TANH_RANGE = 3.5;

    private final NodeSetup node;
    private final Target target;
    private final int hidden;
    private final int gates;
    private final int gateExponent;
    private final boolean isLstm;
    private final int directions;
    private final int[] weights;
    private final int[] recurrence;
    private final int[] bias;
    private final int weightExponent;
    private final int recurrenceExponent;
    private final float[] sigmoid;
    private final float[] tanh;
    private final int features;

    private Recurrent(NodeSetup node, boolean isLstm) {
        this.node = node;
        this.isLstm = isLstm;
        target = node.target();
        gates = isLstm ? 4 : 3;
        hidden = Math.toIntExact(node.node().integer("hidden_size", 0));
        gateExponent = Math.toIntExact(node.node().integer("gate_exponent", -9));
        directions = directions(node);
        ChipTensor w = node.requireParameter(1);
        ChipTensor r = node.requireParameter(2);
        weights = w.ints();
        recurrence = r.ints();
        weightExponent = w.exponents().single();
        recurrenceExponent = r.exponents().single();
        features = weights.length / (directions * gates * hidden);
        bias = node.hasInput(3) ? node.requireParameter(3).ints() : new int[directions * 2 * gates * hidden];
        sigmoid = table(SIGMOID_RANGE, true);
        tanh = table(TANH_RANGE, false);
    }

    static ChipKernel gru(NodeSetup node) {
        return kernel(node, false);
    }

    static ChipKernel lstm(NodeSetup node) {
        return kernel(node, true);
    }

    private static ChipKernel kernel(NodeSetup node, boolean isLstm) {
        if (node.node().integer("layout", 0) != 0) {
            throw node.fail("layout 1 (batch first) has no kernel; use layout 0");
        }
        if (!isLstm && node.node().integer("linear_before_reset", 0) != 1) {
            throw node.fail("linear_before_reset must be 1; the chip has no other GRU");
        }
        return node.computesFloats() ? new FloatRecurrent(node, isLstm) : new Recurrent(node, isLstm)::run;
    }

    /** Number of walks through time. The chip knows "bidirectional"; whatever else the attribute says, it walks forwards. */
    static int directions(NodeSetup node) {
        return node.node().text("direction", "forward").equals("bidirectional") ? 2 : 1;
    }

    /** Checks the input of a node. */
    static void requireSequence(NodeSetup node, ChipBuffer x, int features) {
        if (x.shape().length != 3 || x.dim(1) != 1 || x.dim(2) != features) {
            throw node.fail("input has shape " + Arrays.toString(x.shape()) + "; [time, 1, " + features + "] is needed");
        }
    }

    private float[] table(double range, boolean isSigmoid) {
        float rescale = ChipArithmetic.rescale(gateExponent);
        int last = (int) (range * rescale) + 1;
        float[] values = new float[last + 1];
        for (int k = 0; k <= last; k++) {
            float v = k * ChipArithmetic.scale(gateExponent);
            values[k] = isSigmoid ? Activation.sigmoid(v) : Activation.tanh(v);
        }
        return values;
    }

    private float sigmoid(int k) {
        float value = sigmoid[Math.min(Math.abs(k), sigmoid.length - 1)];
        return k < 0 ? 1f - value : value;
    }

    private float tanh(int k) {
        float value = tanh[Math.min(Math.abs(k), tanh.length - 1)];
        return k < 0 ? -value : value;
    }

    private void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer x = inputs[0];
        requireSequence(node, x, features);
        int steps = x.dim(0);
        int outputExponent = node.outputExponent(0);
        if (outputs[0] != null) {
            outputs[0].reshape(steps, directions, 1, hidden);
        }
        for (int d = 0; d < directions; d++) {
            int[] h = state(inputs, 5, d);
            int[] c = state(inputs, 6, d);
            for (int s = 0; s < steps; s++) {
                int t = d == 1 ? steps - 1 - s : s;
                h = step(d, x.ints(), t * features, node.inputExponent(0), h, c, outputExponent);
                if (outputs[0] != null) {
                    System.arraycopy(h, 0, outputs[0].ints(), (t * directions + d) * hidden, hidden);
                }
            }
            store(outputs, 1, d, h);
            store(outputs, 2, d, c);
        }
    }

    private int[] state(ChipBuffer[] inputs, int input, int direction) {
        boolean given = input < inputs.length && inputs[input] != null;
        return given ? Arrays.copyOfRange(inputs[input].ints(), direction * hidden, (direction + 1) * hidden) : new int[hidden];
    }

    private void store(ChipBuffer[] outputs, int output, int direction, int[] values) {
        if (output < outputs.length && outputs[output] != null) {
            outputs[output].reshape(directions, 1, hidden);
            System.arraycopy(values, 0, outputs[output].ints(), direction * hidden, hidden);
        }
    }

    /** One time step; c is updated in place, the new h is returned. */
    private int[] step(int d, int[] x, int from, int inputExponent, int[] h, int[] c, int outputExponent) {
        int rows = gates * hidden;
        int[] a = new int[rows];
        int[] b = new int[rows];
        for (int row = 0; row < rows; row++) {
            int w = dot(weights, (d * rows + row) * features, x, from, features, gateExponent - (weightExponent + inputExponent));
            int r = dot(recurrence, (d * rows + row) * hidden, h, 0, hidden, gateExponent - (recurrenceExponent + outputExponent));
            a[row] = (short) (w + bias[d * 2 * rows + row]);
            b[row] = (short) (r + bias[d * 2 * rows + rows + row]);
        }
        return isLstm ? lstmState(a, b, c, outputExponent) : gruState(a, b, h, outputExponent);
    }

    /** Vector dot products are exact; the others go through a float. */
    private int dot(int[] w, int row, int[] x, int from, int length, int shift) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (long) w[row + i] * x[from + i];
        }
        if (node.hasVectorUnit() && length % node.lanes() == 0 && shift >= 0) {
            return ChipArithmetic.requantize(Requantize.saturate(sum, DOT_BITS), shift, GATE_BITS, target);
        }
        return ChipArithmetic.quantize((float) sum * ChipArithmetic.rescale(shift), GATE_BITS, target);
    }

    private int[] gruState(int[] a, int[] b, int[] h, int outputExponent) {
        int[] next = new int[hidden];
        float rescale = ChipArithmetic.rescale(outputExponent);
        for (int i = 0; i < hidden; i++) {
            float z = sigmoid(a[i] + b[i]);
            float r = sigmoid(a[hidden + i] + b[hidden + i]);
            int candidate = ChipArithmetic.quantize(a[2 * hidden + i] + r * b[2 * hidden + i], GATE_BITS, target);
            float n = tanh(candidate);
            next[i] = ChipArithmetic.quantize((1f - z) * n * rescale + z * h[i], node.bits(), target);
        }
        return next;
    }

    private int[] lstmState(int[] a, int[] b, int[] c, int outputExponent) {
        int[] next = new int[hidden];
        float rescaleCell = ChipArithmetic.rescale(gateExponent);
        float rescale = ChipArithmetic.rescale(outputExponent);
        for (int i = 0; i < hidden; i++) {
            float input = sigmoid((short) (a[i] + b[i]));
            float output = sigmoid((short) (a[hidden + i] + b[hidden + i]));
            float forget = sigmoid((short) (a[2 * hidden + i] + b[2 * hidden + i]));
            float candidate = tanh((short) (a[3 * hidden + i] + b[3 * hidden + i]));
            c[i] = (short) ChipArithmetic.quantize(forget * c[i] + input * candidate * rescaleCell, Integer.SIZE, target);
            next[i] = ChipArithmetic.quantize(output * tanh(c[i]) * rescale, node.bits(), target);
        }
        return next;
    }
}
