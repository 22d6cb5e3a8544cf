package io.github.bitgrain.kernels;

/**
 * A fake quantization with one scale: {@code y = clamp(round(x / 2^exponent), qmin, qmax) 2^exponent}, as {@link FloatKernels#fakeQuantize}
 * computes it.
 *
 * @param exponent log2 of the scale
 * @param qmin smallest integer
 * @param qmax largest integer
 * @param rounding how quotients become integers
 */
public record FakeQuantizer(int exponent, float qmin, float qmax, Rounding rounding) {}
