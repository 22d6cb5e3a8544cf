package io.github.bitgrain.core.op;

/**
 * Gated recurrent unit (ONNX GRU, default activations). x: [T, N, F], w: [D, 3H, F], r: [D, 3H, H], bias: [D, 6H] or absent,
 * operand 4 absent, initial state: [D, N, H] or absent → states [T, D, N, H], last state [D, N, H]. Gates in the order
 * update, reset, hidden. With {@code gates} also {@link GateQuantization#STATE_SCALE}.
 *
 * @param hidden H
 * @param direction order of time; D = its {@link Direction#count}
 * @param linearBeforeReset whether the reset gate scales the product with the state rather than the state
 * @param gates what the chip rounds; null in float
 * @param gateExponent exponent that gate arguments get on a chip
 */
public record Gru(int hidden, Direction direction, boolean linearBeforeReset, GateQuantization gates, int gateExponent) implements Op {
    /** With the usual exponent. */
    public Gru(int hidden, Direction direction, boolean linearBeforeReset, GateQuantization gates) {
        this(hidden, direction, linearBeforeReset, gates, GateQuantization.USUAL_EXPONENT);
    }

    @Override
    public boolean isStructural(int operand) {
        return operand == 4;
    }

    @Override
    public String onnxType() {
        return "GRU";
    }
}
