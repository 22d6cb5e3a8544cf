package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link Linear} with quantizers of its operand and weights. */
public final class QuantLinear extends Linear {
    /** The quantized form of a float layer, with parameters of its own. */
    public QuantLinear(Linear layer, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        super(layer.weight().copy(), layer.bias() == null ? null : layer.bias().copy());
        quantizers(inputDescriptor, weightDescriptor);
    }
}
