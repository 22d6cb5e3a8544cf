package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** Mean of each window. */
public class AvgPool2d extends Pool {
    /** A layer. */
    public AvgPool2d(AveragePool op) {
        this(op, null);
    }

    AvgPool2d(AveragePool op, QuantDescriptor inputDescriptor) {
        super(op, inputDescriptor);
    }
}
