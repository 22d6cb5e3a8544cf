package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link ConvTranspose2d} with quantizers of its operand and weights. */
public final class QuantConvTranspose2d extends ConvTranspose2d {
    /** A layer with given parameters; bias null for none. */
    public QuantConvTranspose2d(ConvTranspose op, Tensor weight, Tensor bias, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        super(op, weight, bias);
        quantizers(inputDescriptor, weightDescriptor);
    }

    /** The quantized form of a float layer, with parameters of its own. */
    public QuantConvTranspose2d(ConvTranspose2d layer, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        this((ConvTranspose) layer.op(), layer.weight().copy(), layer.bias() == null ? null : layer.bias().copy(), inputDescriptor, weightDescriptor);
    }
}
