package io.github.bitgrain.core.op;

/** Element-wise a + b with broadcasting (ONNX Add). */
public record Add() implements Op {}
