package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link LSTMCell} with a quantizer of x and h together, and one of both weights together. */
public final class QuantLSTMCell extends LSTMCell {
    /** The quantized form of a float cell, with parameters of its own. */
    public QuantLSTMCell(LSTMCell cell, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        super(cell.parameters().get("weight_ih").copy(), cell.parameters().get("weight_hh").copy(), cell.parameters().get("bias_ih").copy(),
                cell.parameters().get("bias_hh").copy());
        quantizers(inputDescriptor, weightDescriptor);
    }
}
