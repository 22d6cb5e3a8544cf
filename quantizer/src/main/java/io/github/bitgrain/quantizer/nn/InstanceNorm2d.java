package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.List;

/**
 * weight · (x − mean) / √(variance + 1e-5) + bias, mean and variance of each image's channel (Ulyanov et al. 2016); x [N, C, H, W],
 * parameters {@code weight} and {@code bias} [C].
 */
public class InstanceNorm2d extends Module {
    private static final float EPSILON = 1e-5f;
    private static final List<Integer> POSITIONS = List.of(2, 3);

    /** A layer that begins with factor 1. */
    public InstanceNorm2d(int channels) {
        this(Tensor.filled(Shape.of(channels), 1f), Tensor.zeros(Shape.of(channels)));
    }

    /** A layer with given parameters. */
    @SuppressWarnings("this-escape") // The maps of Module are filled; nothing of the subclass is called.
    public InstanceNorm2d(Tensor weight, Tensor bias) {
        parameter("weight", weight);
        parameter("bias", bias);
        buffer("epsilon", Tensor.scalar(EPSILON));
    }

    /** Gives the layer its quantizer. */
    protected final void quantizer(QuantDescriptor input) {
        child(WeightedLayer.INPUT_QUANTIZER, new TensorQuantizer(input));
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String operand = child(WeightedLayer.INPUT_QUANTIZER) == null ? x : builder.build(this, WeightedLayer.INPUT_QUANTIZER, x);
        String centred = builder.node(new Sub(), operand, builder.node(new ReduceMean(POSITIONS, true), operand));
        String variance = builder.node(new ReduceMean(POSITIONS, true), builder.node(new Mul(), centred, centred));
        String deviation = builder.node(new Sqrt(), builder.node(new Add(), variance, builder.parameter(this, "epsilon")));
        String scaled = builder.node(new Mul(), builder.node(new Div(), centred, deviation), perChannel(builder, "weight"));
        return builder.node(new Add(), scaled, perChannel(builder, "bias"));
    }

    private String perChannel(NetworkBuilder builder, String name) {
        return builder.node(new Unsqueeze(List.of(1, 2)), builder.parameter(this, name));
    }

    @Override
    protected String details() {
        return Integer.toString(parameters().get("weight").size());
    }
}
