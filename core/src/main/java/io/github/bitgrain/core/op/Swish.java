package io.github.bitgrain.core.op;

/** x · sigmoid(x), also called SiLU. ESP-DL's operator; in ONNX files the pair Sigmoid, Mul. */
public record Swish() implements Op {}
