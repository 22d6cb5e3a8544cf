package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** {@link LSTM} with a pair of quantizers per walk through time. */
public final class QuantLSTM extends LSTM {
    /** The quantized form of a float layer, with parameters of its own. */
    public QuantLSTM(LSTM layer, QuantDescriptor inputDescriptor, QuantDescriptor weightDescriptor) {
        super(layer);
        quantizers(inputDescriptor, weightDescriptor);
    }
}
