package io.github.bitgrain.core.op;

/**
 * A spatial extent or step. One-dimensional networks use h = 1.
 *
 * @param h vertical part
 * @param w horizontal part
 */
public record Size(int h, int w) {
    /** One in both directions. */
    public static final Size ONE = new Size(1, 1);

    /** Zero in both directions. */
    public static final Size ZERO = new Size(0, 0);

    /** Checks the parts. */
    public Size {
        if (h < 0 || w < 0) {
            throw new IllegalArgumentException("size " + h + "x" + w);
        }
    }

    /** The same in both directions. */
    public static Size square(int side) {
        return new Size(side, side);
    }
}
