package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link AvgPool2d} with a quantizer of its operand. */
public final class QuantAvgPool2d extends AvgPool2d {
    /** The quantized form of a float layer. */
    public QuantAvgPool2d(AvgPool2d layer, QuantDescriptor inputDescriptor) {
        super((AveragePool) layer.op(), inputDescriptor);
    }
}
