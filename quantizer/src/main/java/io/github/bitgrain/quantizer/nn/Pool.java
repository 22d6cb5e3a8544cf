package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/**
 * A pooling layer. Its quantized form has the child {@code input_quantizer} and pools what that makes.
 */
public abstract class Pool extends Module {
    private final Op op;

    /** A layer; descriptor null for the float form. */
    Pool(Op op, QuantDescriptor inputDescriptor) {
        this.op = op;
        if (inputDescriptor != null) {
            child(WeightedLayer.INPUT_QUANTIZER, new TensorQuantizer(inputDescriptor));
        }
    }

    /** What it computes. */
    public Op op() {
        return op;
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        return builder.node(op, child(WeightedLayer.INPUT_QUANTIZER) == null ? x : builder.build(this, WeightedLayer.INPUT_QUANTIZER, x));
    }

    @Override
    protected String details() {
        return op.toString();
    }
}
