package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link InstanceNorm2d} with a quantizer of its operand; as upstream, not part of the standard registry. */
public final class QuantInstanceNorm2d extends InstanceNorm2d {
    /** The quantized form of a float layer, with parameters of its own. */
    public QuantInstanceNorm2d(InstanceNorm2d layer, QuantDescriptor inputDescriptor) {
        super(layer.parameters().get("weight").copy(), layer.parameters().get("bias").copy());
        quantizer(inputDescriptor);
    }
}
