package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** Mean of each channel. */
public class AdaptiveAvgPool2d extends Pool {
    /** A layer. */
    public AdaptiveAvgPool2d(GlobalAveragePool op) {
        this(op, null);
    }

    AdaptiveAvgPool2d(GlobalAveragePool op, QuantDescriptor inputDescriptor) {
        super(op, inputDescriptor);
    }
}
