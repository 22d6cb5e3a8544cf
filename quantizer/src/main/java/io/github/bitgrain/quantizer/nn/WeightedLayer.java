package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.List;

/**
 * A layer with parameters {@code weight} and perhaps {@code bias}: {@code op(x, weight, bias)}. Its quantized form has the children
 * {@code input_quantizer} and {@code weight_quantizer}, and computes {@code op(input_quantizer(x), weight_quantizer(weight), bias)}.
 */
public abstract class WeightedLayer extends Module {
    /** Name of the child that quantizes the operand. */
    public static final String INPUT_QUANTIZER = "input_quantizer";

    /** Name of the child that quantizes the weights. */
    public static final String WEIGHT_QUANTIZER = "weight_quantizer";

    private final Op op;

    /**
     * A layer.
     *
     * @param bias null for none
     */
    @SuppressWarnings("this-escape") // The maps of Module are filled; nothing of the subclass is called.
    protected WeightedLayer(Op op, Tensor weight, Tensor bias) {
        this.op = op;
        parameter("weight", weight);
        if (bias != null) {
            parameter("bias", bias);
        }
    }

    /** What it computes. */
    public Op op() {
        return op;
    }

    /** The weights. */
    public Tensor weight() {
        return parameters().get("weight");
    }

    /** The bias, or null. */
    public Tensor bias() {
        return parameters().get("bias");
    }

    /** Axis of the weights that counts output channels. */
    public int channelAxis() {
        return 0;
    }

    /** Gives the layer its quantizers. */
    protected final void quantizers(QuantDescriptor input, QuantDescriptor weight) {
        child(INPUT_QUANTIZER, new TensorQuantizer(input));
        child(WEIGHT_QUANTIZER, new TensorQuantizer(weight));
    }

    /** The quantizer of the weights, or null in the float layer. */
    public TensorQuantizer weightQuantizer() {
        return (TensorQuantizer) child(WEIGHT_QUANTIZER);
    }

    @Override
    public List<WeightSlot> weightSlots() {
        return weightQuantizer() == null ? List.of() : List.of(new WeightSlot(weightQuantizer(), weight(), channelAxis(),
                rounded -> System.arraycopy(rounded.data(), 0, weight().data(), 0, weight().size())));
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String operand = child(INPUT_QUANTIZER) == null ? x : builder.build(this, INPUT_QUANTIZER, x);
        String weight = builder.parameter(this, "weight");
        String rounded = child(WEIGHT_QUANTIZER) == null ? weight : builder.build(this, WEIGHT_QUANTIZER, weight);
        return bias() == null ? builder.node(op, operand, rounded) : builder.node(op, operand, rounded, builder.parameter(this, "bias"));
    }

    @Override
    protected String details() {
        return "weight " + weight().shape() + (bias() == null ? "" : ", bias");
    }
}
