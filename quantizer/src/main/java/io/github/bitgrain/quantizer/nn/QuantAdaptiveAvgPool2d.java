package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link AdaptiveAvgPool2d} with a quantizer of its operand. */
public final class QuantAdaptiveAvgPool2d extends AdaptiveAvgPool2d {
    /** The quantized form of a float layer. */
    public QuantAdaptiveAvgPool2d(AdaptiveAvgPool2d layer, QuantDescriptor inputDescriptor) {
        super((GlobalAveragePool) layer.op(), inputDescriptor);
    }
}
