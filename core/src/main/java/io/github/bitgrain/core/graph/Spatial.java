package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.tensor.Shape;

/**
 * A feature map [N, C, H, W], or [N, C, W] with H = 1, read from its shape.
 *
 * @param shape the shape, rank 3 or 4
 */
public record Spatial(Shape shape) {
    /** Reads a shape of rank 3 or 4. */
    public static Spatial of(Shape shape) {
        if (shape.rank() != 3 && shape.rank() != 4) {
            throw new IllegalArgumentException("rank 3 or 4 is needed, not " + shape);
        }
        return new Spatial(shape);
    }

    /** N. */
    public int batch() {
        return shape.dim(0);
    }

    /** C. */
    public int channels() {
        return shape.dim(1);
    }

    /** H, 1 for rank 3. */
    public int h() {
        return shape.rank() == 3 ? 1 : shape.dim(2);
    }

    /** W. */
    public int w() {
        return shape.dim(-1);
    }

    /** The same with other channels. */
    Spatial withChannels(int channels) {
        return new Spatial(shape.with(1, channels));
    }

    /** The shape with another extent. */
    Shape withExtent(int h, int w) {
        if (shape.rank() == 3) {
            if (h != 1) {
                throw new IllegalArgumentException("a one-dimensional value gets height " + h);
            }
            return shape.with(2, w);
        }
        return shape.with(2, h).with(3, w);
    }
}
