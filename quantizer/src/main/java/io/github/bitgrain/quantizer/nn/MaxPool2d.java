package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** Largest value of each window. */
public class MaxPool2d extends Pool {
    /** A layer. */
    public MaxPool2d(MaxPool op) {
        this(op, null);
    }

    MaxPool2d(MaxPool op, QuantDescriptor inputDescriptor) {
        super(op, inputDescriptor);
    }
}
