package io.github.bitgrain.core.op;

/**
 * Remainder of a division (ONNX Mod). a, b, broadcast.
 *
 * @param truncated the quotient is rounded toward zero (fmod = 1): the result has a's sign; else down: b's sign, and both operands
 *     must be whole numbers, b not 0
 */
public record Mod(boolean truncated) implements Op {}
