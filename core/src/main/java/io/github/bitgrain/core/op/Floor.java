package io.github.bitgrain.core.op;

/** The largest whole number that is not larger (ONNX Floor). */
public record Floor() implements Op {}
