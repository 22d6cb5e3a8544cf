package io.github.bitgrain.core.op;

/** The operand itself (ONNX Identity). */
public record Identity() implements Op {}
