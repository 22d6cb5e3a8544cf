package io.github.bitgrain.core.quant;

/** Life of a slot's configuration; names and meaning as in ESP-PPQ. Only {@link #ACTIVATED} and {@link #PASSIVE} quantize. */
public enum SlotState {
    /** Waits for calibration. */
    INITIAL,
    /** Shares the configuration of another slot that quantizes the same values; quantizes nothing itself. */
    OVERLAPPED,
    /** Has its own scale and quantizes. */
    ACTIVATED,
    /** Quantizes with a scale that follows from others (bias, aligned input). */
    PASSIVE,
    /** Will be {@link #PASSIVE} once the scales that it follows are known. */
    PASSIVE_INIT,
    /** Stays in float. */
    FP32;

    /** Whether values that pass this slot are quantized. */
    public boolean quantizes() {
        return this == ACTIVATED || this == PASSIVE;
    }
}
