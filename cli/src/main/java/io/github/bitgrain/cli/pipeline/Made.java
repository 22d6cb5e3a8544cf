package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.quantizer.search.MixedPrecision;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.util.Map;

/**
 * A quantized network as one choice of settings makes it.
 *
 * @param settings settings in force
 * @param accuracy stage (float, ptq, tqt or tuned, chip) → metric; empty without test samples
 * @param mixture the choice of 16-bit layers; null if there was none to make
 */
public record Made(Map<String, Object> settings, Quantized quantized, LoweredModel lowered, Map<String, Double> accuracy,
        MixedPrecision.Choice mixture) {
    /** Estimated latency ÷ that at 8 bits, without Pads of training. */
    public double latency() {
        return (mixture == null ? 1 : mixture.latency()) * quantized.latency();
    }
}
