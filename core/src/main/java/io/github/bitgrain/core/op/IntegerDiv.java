package io.github.bitgrain.core.op;

/** Quotient of whole numbers, without its fraction (ONNX Div of integers). a, b, broadcast; b must not be 0. */
public record IntegerDiv() implements Op {
    @Override
    public String onnxType() {
        return "Div";
    }
}
