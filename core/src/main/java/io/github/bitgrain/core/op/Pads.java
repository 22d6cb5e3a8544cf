package io.github.bitgrain.core.op;

/**
 * Rows and columns around an image; asymmetric pads are ordinary.
 *
 * @param top rows above
 * @param left columns to the left
 * @param bottom rows below
 * @param right columns to the right
 */
public record Pads(int top, int left, int bottom, int right) {
    /** No padding. */
    public static final Pads NONE = new Pads(0, 0, 0, 0);

    /** The same on all sides. */
    public static Pads all(int side) {
        return new Pads(side, side, side, side);
    }

    /** Whether there is no padding at all. */
    public boolean isNone() {
        return equals(NONE);
    }

    /** Rows above and below together. */
    public int vertical() {
        return top + bottom;
    }

    /** Columns left and right together. */
    public int horizontal() {
        return left + right;
    }
}
