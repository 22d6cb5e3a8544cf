package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link Conv2d} with quantizers of its operand and weights. */
public final class QuantConv2d extends Conv2d {
    /** A layer with given parameters; bias null for none. */
    public QuantConv2d(Conv op, Tensor weight, Tensor bias, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        super(op, weight, bias);
        quantizers(inputDescriptor, weightDescriptor);
    }

    /** The quantized form of a float layer, with parameters of its own. */
    public QuantConv2d(Conv2d layer, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        this((Conv) layer.op(), layer.weight().copy(), layer.bias() == null ? null : layer.bias().copy(), inputDescriptor, weightDescriptor);
    }
}
