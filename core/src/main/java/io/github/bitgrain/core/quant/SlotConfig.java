package io.github.bitgrain.core.quant;

import io.github.bitgrain.kernels.Rounding;
import java.util.Objects;

/**
 * How one slot is quantized: symmetric, linear, power-of-two scale, {@code q = clamp(round(x / 2^exponent), qmin, qmax)}.
 *
 * @param bits width of the integers: 8, 16, or the bias widths 20, 32, 40, 64
 * @param rounding rounding of {@code x / 2^exponent}
 * @param axis channel axis of a per-channel configuration, {@link #PER_TENSOR} otherwise
 * @param observer name of the calibration algorithm ({@code kl}, {@code percentile}, {@code minmax}, {@code mse}, …)
 * @param state state
 * @param exponents one exponent per channel or a single one; null while unknown. Only roots hold them: ask the plan
 */
public record SlotConfig(int bits, Rounding rounding, int axis, String observer, SlotState state, Exponents exponents) {
    /** The axis of a configuration that has one exponent for the whole tensor. */
    public static final int PER_TENSOR = -1;

    /** Checks the parts. */
    public SlotConfig {
        if (bits < 2 || bits > 64) {
            throw new IllegalArgumentException("bits: " + bits);
        }
        Objects.requireNonNull(rounding, "rounding");
        Objects.requireNonNull(observer, "observer");
        Objects.requireNonNull(state, "state");
    }

    /** Smallest integer. */
    public long qmin() {
        return bits == 64 ? Long.MIN_VALUE : -(1L << (bits - 1));
    }

    /** Largest integer. */
    public long qmax() {
        return bits == 64 ? Long.MAX_VALUE : (1L << (bits - 1)) - 1;
    }

    /** Whether every channel has its own exponent. */
    public boolean perChannel() {
        return axis != PER_TENSOR;
    }

    /** Whether two configurations differ at most in state, observer and exponents, so that one can stand for the other. */
    public boolean sameScheme(SlotConfig other) {
        return bits == other.bits && axis == other.axis && rounding == other.rounding;
    }

    /** This with another state. */
    public SlotConfig withState(SlotState newState) {
        return new SlotConfig(bits, rounding, axis, observer, newState, exponents);
    }

    /** This with other exponents. */
    public SlotConfig withExponents(Exponents newExponents) {
        return new SlotConfig(bits, rounding, axis, observer, state, newExponents);
    }

    /** This with another width. */
    public SlotConfig withBits(int newBits) {
        return new SlotConfig(newBits, rounding, axis, observer, state, exponents);
    }

    /** This with another calibration algorithm. */
    public SlotConfig withObserver(String newObserver) {
        return new SlotConfig(bits, rounding, axis, newObserver, state, exponents);
    }
}
