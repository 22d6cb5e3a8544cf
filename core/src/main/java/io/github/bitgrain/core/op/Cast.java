package io.github.bitgrain.core.op;

/**
 * Another type for the elements of a tensor (ONNX Cast). Here all are floats; an integer is a whole one.
 *
 * @param toInteger drop the fraction, toward zero; else the numbers stay as they are
 */
public record Cast(boolean toInteger) implements Op {}
