package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.GateQuantization;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.Rounding;

/**
 * A recurrent node: its operands, its extents, and what its gradient finds of the way through time. Kept rows have the index
 * {@link #row}, that is the shape [D, T, N, …].
 *
 * @param node the node
 * @param gates gates per unit: 3 (GRU) or 4 (LSTM)
 * @param hidden H
 * @param direction order of time
 * @param linearBeforeReset whether the reset gate of a GRU scales the product with the state rather than the state
 * @param rounding what the chip rounds, or null
 */
public record RecurrentForm(PlannedNode node, int gates, int hidden, Direction direction, boolean linearBeforeReset, GateQuantization rounding) {
    /** Position of the weights of the input. */
    public static final int WEIGHTS = 1;
    /** Position of the weights of the state. */
    public static final int RECURRENCE = 2;
    /** Position of the bias. */
    public static final int BIAS = 3;
    /** Position of the initial state. */
    public static final int STATE = 5;
    /** Position of the initial cell. */
    public static final int CELL = 6;

    /** The gates of an LSTM. */
    public static final int LSTM_GATES = 4;
    /** The gates of a GRU. */
    public static final int GRU_GATES = 3;

    /** Kept: gate values behind sigmoid and tanh, gates · H per row. */
    public static final String KEPT_GATES = "gates";
    /** Kept: the state before the step, H per row. */
    public static final String KEPT_STATES = "states";
    /** Kept of an LSTM: the cell before the step. */
    public static final String KEPT_CELLS = "cells";
    /** Kept of a GRU: the product of state and weights of the hidden gate, its bias included. */
    public static final String KEPT_PRODUCTS = "products";

    /** The form of a GRU. */
    public static RecurrentForm of(Gru op, PlannedNode node) {
        return new RecurrentForm(node, GRU_GATES, op.hidden(), op.direction(), op.linearBeforeReset(), op.gates());
    }

    /** The form of an LSTM. */
    public static RecurrentForm of(Lstm op, PlannedNode node) {
        return new RecurrentForm(node, LSTM_GATES, op.hidden(), op.direction(), false, op.gates());
    }

    /** Whether this is an LSTM. */
    public boolean isLstm() {
        return gates == LSTM_GATES;
    }

    /** The dense operand, or null. */
    public Value in(int operand) {
        return node.has(operand) ? node.in(operand, Layout.DENSE) : null;
    }

    /** Number of steps in time. */
    public int steps() {
        return node.in(0).shape().dim(0);
    }

    /** Number of sequences. */
    public int batch() {
        return node.in(0).shape().dim(1);
    }

    /** Elements of a step of a sequence. */
    public int features() {
        return node.in(0).shape().dim(2);
    }

    /** Gate arguments per step. */
    public int rows() {
        return gates * hidden;
    }

    /** Number of kept rows. */
    public int kept() {
        return direction.count() * steps() * batch();
    }

    /** The time at which walk {@code d} is after {@code s} steps. */
    public int time(int d, int s) {
        return direction.isBackward(d) ? steps() - 1 - s : s;
    }

    /** Index of a kept row. */
    public int row(int d, int t, int n) {
        return (d * steps() + t) * batch() + n;
    }

    /** Exponent of the state's scale. */
    public int stateExponent() {
        Buffer scale = node.in(GateQuantization.STATE_SCALE).buffer();
        return (int) Rounding.HALF_EVEN.round(scale.data()[scale.offset()]);
    }
}
