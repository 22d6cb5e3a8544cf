package io.github.bitgrain.core.quant;

import java.util.Objects;

/**
 * One operand of one operator: the place that a quantization configuration belongs to. Two consumers of a tensor have two
 * slots, so that one may requantize where the other does not.
 *
 * @param node name of the operator
 * @param side input or output
 * @param index position among the node's inputs or outputs, from 0
 */
public record Slot(String node, Side side, int index) implements Comparable<Slot> {
    /** Which list of the node {@link #index} counts in. */
    public enum Side { INPUT, OUTPUT }

    /** Checks the parts. */
    public Slot {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(side, "side");
        Objects.checkIndex(index, Integer.MAX_VALUE);
    }

    /** The slot of an input. */
    public static Slot input(String node, int index) {
        return new Slot(node, Side.INPUT, index);
    }

    /** The slot of an output. */
    public static Slot output(String node, int index) {
        return new Slot(node, Side.OUTPUT, index);
    }

    /** The short form of reference dumps: {@code in0}, {@code out1}. */
    public String io() {
        return (side == Side.INPUT ? "in" : "out") + index;
    }

    @Override
    public int compareTo(Slot other) {
        int byNode = node.compareTo(other.node);
        int bySide = byNode != 0 ? byNode : side.compareTo(other.side);
        return bySide != 0 ? bySide : Integer.compare(index, other.index);
    }

    @Override
    public String toString() {
        return node + ":" + io();
    }
}
