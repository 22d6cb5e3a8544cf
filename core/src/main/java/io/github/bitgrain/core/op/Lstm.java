package io.github.bitgrain.core.op;

/**
 * Long short-term memory (ONNX LSTM, default activations, no peepholes). x: [T, N, F], w: [D, 4H, F], r: [D, 4H, H], bias:
 * [D, 8H] or absent, operand 4 absent, initial state and initial cell: [D, N, H] or absent → states [T, D, N, H], last state
 * and last cell [D, N, H]. Gates in the order input, output, forget, cell. With {@code gates} also {@link GateQuantization#STATE_SCALE}.
 *
 * @param hidden H
 * @param direction order of time; D = its {@link Direction#count}
 * @param gates what the chip rounds; null in float
 * @param gateExponent exponent that gate arguments get on a chip
 */
public record Lstm(int hidden, Direction direction, GateQuantization gates, int gateExponent) implements Op {
    /** With the usual exponent. */
    public Lstm(int hidden, Direction direction, GateQuantization gates) {
        this(hidden, direction, gates, GateQuantization.USUAL_EXPONENT);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand == 4;
    }

    @Override
    public String onnxType() {
        return "LSTM";
    }
}
