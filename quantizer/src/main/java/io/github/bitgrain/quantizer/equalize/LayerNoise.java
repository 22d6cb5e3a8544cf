package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Node;
import java.util.Arrays;

/**
 * What rounding adds to the results of a layer, as a function of the scales around it: with scale s of a channel and step D of the weights, a weight w
 * passes {@code w² · step² / s²} of the operand's rounding on and adds {@code D² · variance · s²} of its own (both ÷ 12). What its mean adds is left to the
 * correction of biases.
 */
final class LayerNoise {
    private static final int HIGHEST = 127;
    /** A step is a power of two, up to twice as long as it need be: root of its mean square over all cases. */
    private static final double POWER_OF_TWO = 1.47;
    /** Rows whose results hardly vary count no more than if they had this share of the layer's mean variance. */
    private static final double LEAST_SIGNAL = 0.1;

    private final int[] inputs;
    private final int[] outputs;
    private final boolean ownSteps;
    private final double operandStep;
    private final int perRow;
    private final int rowsPerGroup;
    private final int positions;
    private final double[] squares;
    private final double[] largest;
    private final double[] variance;
    private final double[] density;
    private final double[] gains;
    /** Steps of the rows' weights, where the results are not scaled; as of the last look at the scales. */
    private final double[] steps;

    /**
     * A layer.
     *
     * @param view its weights
     * @param inputs class of each channel of its operand
     * @param outputs class of each channel of its result
     * @param variance variance of each channel of its operand, not scaled
     * @param density share of each channel of its operand that is not zero: zeros are not rounded
     * @param operandStep step that scaled channels of the operand have
     * @param ownSteps whether each row of weights has a step of its own
     * @param gains what noise in each row's results makes of the network's outputs; null if that is not known
     */
    LayerNoise(WeightView view, float[] weights, int[] inputs, int[] outputs, double[] variance, double[] density, double operandStep, boolean ownSteps,
            double[] gains) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.variance = variance;
        this.density = density;
        this.operandStep = operandStep;
        this.ownSteps = ownSteps;
        this.perRow = view.perRow();
        this.rowsPerGroup = view.rows() * perRow / view.channels();
        this.positions = weights.length / (view.rows() * perRow);
        this.squares = new double[view.rows() * perRow];
        this.largest = new double[view.rows() * perRow];
        view.forEach(weights, (row, channel, value) -> {
            int at = row * perRow + channel % perRow;
            squares[at] += value * value;
            largest[at] = Math.max(largest[at], Math.abs(value));
        });
        this.steps = new double[view.rows()];
        this.gains = gains != null ? gains : relative(signal());
    }

    /** Counts rows by the variance of their results, where nothing is known about how they show in the network's outputs. */
    private static double[] relative(double[] signal) {
        double mean = Arrays.stream(signal).average().orElse(0);
        return Arrays.stream(signal).map(each -> mean == 0 ? 0 : 1 / (each + LEAST_SIGNAL * mean)).toArray();
    }

    private double[] signal() {
        double[] signal = new double[steps.length];
        for (int row = 0; row < signal.length; row++) {
            for (int i = 0; i < perRow; i++) {
                signal[row] += squares[row * perRow + i] * variance[channel(row, i)];
            }
        }
        return signal;
    }

    private int channel(int row, int i) {
        return row / rowsPerGroup * perRow + i;
    }

    /** Sets the steps of the weights by the scales of the classes. */
    void look(double[] factors) {
        double all = 0;
        for (int row = 0; row < steps.length; row++) {
            double widest = 0;
            for (int i = 0; i < perRow; i++) {
                widest = Math.max(widest, largest[row * perRow + i] / factors[inputs[channel(row, i)]]);
            }
            steps[row] = POWER_OF_TWO * widest / HIGHEST;
            all = Math.max(all, widest * factors[outputs[row]]);
        }
        if (!ownSteps) {
            double common = all == 0 ? 0 : Math.scalb(1.0, exponentOf(all));
            Arrays.setAll(steps, row -> common / factors[outputs[row]]);
        }
    }

    /** The noise under such scales, after {@link #look}. */
    double noise(double[] factors) {
        double sum = 0;
        for (int row = 0; row < steps.length; row++) {
            sum += gains[row] * (passedOn(row, factors) + steps[row] * steps[row] * energy(row, factors));
        }
        return sum;
    }

    private double passedOn(int row, double[] factors) {
        double sum = 0;
        for (int i = 0; i < perRow; i++) {
            double step = operandStep / factors[inputs[channel(row, i)]];
            sum += squares[row * perRow + i] * density[channel(row, i)] * step * step;
        }
        return sum;
    }

    /** Variance of all scaled operands of a row's products. */
    private double energy(int row, double[] factors) {
        double sum = 0;
        for (int i = 0; i < perRow; i++) {
            double scale = factors[inputs[channel(row, i)]];
            sum += positions * variance[channel(row, i)] * scale * scale;
        }
        return sum;
    }

    /** What a scale does to the noise of layers: {@code falling / s² + rising · s²}, while it stays between two bounds. */
    static final class Terms {
        double falling;
        double rising;
        double least;
        double most;

        /** Nothing yet. */
        Terms(double most) {
            this.most = most;
        }
    }

    /** Adds what the scale of an input channel does, with the weights' steps as they are. */
    void addInput(int channel, Terms terms) {
        int group = channel / perRow;
        for (int row = group * rowsPerGroup; row < (group + 1) * rowsPerGroup; row++) {
            int at = row * perRow + channel % perRow;
            terms.falling += gains[row] * squares[at] * density[channel] * operandStep * operandStep;
            // The only operand of a row with a step of its own: the weights are scaled as the operand is.
            if (!ownSteps || perRow > 1) {
                terms.rising += gains[row] * steps[row] * steps[row] * positions * variance[channel];
                terms.least = Math.max(terms.least, largest[at] / reach(row));
            }
        }
    }

    /** Adds what the scale of a row's results does, with the weights' common step as it is. */
    void addOutput(int row, double[] factors, Terms terms) {
        if (ownSteps) {
            return;
        }
        double common = steps[row] * factors[outputs[row]];
        terms.falling += gains[row] * common * common * energy(row, factors);
        for (int i = 0; i < perRow; i++) {
            double scaled = largest[row * perRow + i] / factors[inputs[channel(row, i)]];
            terms.most = scaled == 0 ? terms.most : Math.min(terms.most, HIGHEST * common / scaled);
        }
    }

    /** The largest weight of a row over the scale of its operand that the row's step holds. */
    private double reach(int row) {
        return HIGHEST * steps[row] / (ownSteps ? POWER_OF_TWO : 1);
    }

    /** The largest scales of the rows' results with which all weights keep within a common step 2^exponent. */
    double[] bounds(int exponent, double[] factors) {
        double[] bounds = new double[steps.length];
        for (int row = 0; row < bounds.length; row++) {
            double widest = Double.MIN_NORMAL;
            for (int i = 0; i < perRow; i++) {
                widest = Math.max(widest, largest[row * perRow + i] / factors[inputs[channel(row, i)]]);
            }
            bounds[row] = HIGHEST * Math.scalb(1.0, exponent) / widest;
        }
        return bounds;
    }

    /** The exponent of the common step, after {@link #look}. */
    int exponent(double[] factors) {
        return steps[0] == 0 ? 0 : (int) Math.round(Math.log(steps[0] * factors[outputs[0]]) / Math.log(2));
    }

    /** Classes of the operand's channels. */
    int[] inputs() {
        return inputs;
    }

    /** Classes of the result's channels. */
    int[] outputs() {
        return outputs;
    }

    /** The smallest exponent with which 127 steps reach the value. */
    static int exponentOf(double value) {
        int exponent = Math.getExponent(value / HIGHEST);
        return value > HIGHEST * Math.scalb(1.0, exponent) ? exponent + 1 : exponent;
    }
}
