package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.ToDoubleBiFunction;

/**
 * Re-estimates the statistics of a layer's results: quantization changes mean and variance of every channel, and the batch normalization
 * that once took care of them is folded into the layer (after Sun et al., Hybrid 8-bit floating point training and inference, 2019, who
 * re-estimate the normalization itself). A channel's weights are multiplied by a gain and rounded again under the exponents they have; its
 * bias takes the rest of the mean error.
 *
 * <p>Two gains are tried, the ratio of standard deviations and the slope of least squares, beside none. Rounding again may cost more than
 * the gain brings, and weights at the end of their range saturate: what counts is the squared error of the channel that is measured
 * afterwards.
 */
final class BatchNormReestimation {
    /** A gain beyond it, or below its inverse, does not mend a channel: too little is left of it, or too little was there. */
    private static final double LARGEST_GAIN = 2;

    private final Tensor weights;
    private final float[] bias;
    private final float[] given;
    private final int axis;
    private final double[] gains;
    private final double[] errors;
    private final double[] offsets;

    private BatchNormReestimation(QuantizedTwin twin, Node node, ChannelFit now) {
        weights = twin.parameters().get(node.input(1));
        bias = twin.parameters().get(node.input(2)).data();
        given = weights.data().clone();
        axis = OperatorTraits.weightAxis(node.op());
        gains = new double[bias.length];
        errors = new double[bias.length];
        offsets = new double[bias.length];
        Arrays.fill(gains, 1);
        Arrays.setAll(errors, now::error);
        Arrays.setAll(offsets, now::offset);
    }

    /** Whether the node's weights are a parameter with one slice for each channel of its bias. */
    static boolean applies(QuantizedTwin twin, Node node) {
        return twin.graph().isParameter(node.input(1))
                && twin.parameters().get(node.input(1)).shape().dim(OperatorTraits.weightAxis(node.op())) == twin.parameters().get(node.input(2)).size();
    }

    /**
     * Changes weights and bias of a node.
     *
     * @param measure runs the node as it stands: its float results against the raw ones of the quantized network
     */
    static void apply(QuantizedTwin twin, Node node, Supplier<ChannelFit> measure) {
        ChannelFit now = measure.get();
        BatchNormReestimation layer = new BatchNormReestimation(twin, node, now);
        layer.attempt(now, ChannelFit::deviations, measure);
        layer.attempt(now, ChannelFit::slope, measure);
        layer.multiply(layer.gains);
        for (int c = 0; c < layer.bias.length; c++) {
            layer.bias[c] += (float) layer.offsets[c];
        }
    }

    /** Remembers the gains of those channels whose error they lessen. */
    private void attempt(ChannelFit now, ToDoubleBiFunction<ChannelFit, Integer> estimate, Supplier<ChannelFit> measure) {
        double[] tried = new double[bias.length];
        Arrays.setAll(tried, c -> Math.clamp(estimate.applyAsDouble(now, c), 1 / LARGEST_GAIN, LARGEST_GAIN));
        multiply(tried);
        ChannelFit then = measure.get();
        for (int c = 0; c < tried.length; c++) {
            if (then.error(c) < errors[c]) {
                errors[c] = then.error(c);
                offsets[c] = then.offset(c);
                gains[c] = tried[c];
            }
        }
    }

    private void multiply(double[] factors) {
        int inner = weights.shape().size(axis + 1, weights.shape().rank());
        for (int i = 0; i < given.length; i++) {
            weights.data()[i] = (float) (given[i] * factors[i / inner % factors.length]);
        }
    }
}
