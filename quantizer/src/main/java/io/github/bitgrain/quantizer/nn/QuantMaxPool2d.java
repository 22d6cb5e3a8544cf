package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link MaxPool2d} with a quantizer of its operand. */
public final class QuantMaxPool2d extends MaxPool2d {
    /** The quantized form of a float layer. */
    public QuantMaxPool2d(MaxPool2d layer, QuantDescriptor inputDescriptor) {
        super((MaxPool) layer.op(), inputDescriptor);
    }
}
