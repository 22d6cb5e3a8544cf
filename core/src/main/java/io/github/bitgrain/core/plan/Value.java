package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.tensor.Shape;

/**
 * A value of the graph, or a copy of one in another layout, in its physical form. Its rows may lie among those of a larger value that it is
 * joined to, see {@link PlanBuilder#join}; they are then further apart than the layout says.
 */
public final class Value {
    private final String name;
    private final Shape shape;
    private final Layout layout;
    private final int rowStride;
    private final Buffer buffer;
    private final boolean live;
    private final boolean differentiable;
    private Gradient gradient;

    /** Where the derivative of the loss with respect to a value accumulates; shared by all views of one storage. */
    static final class Gradient {
        final Buffer buffer;
        boolean written;

        Gradient(Buffer buffer) {
            this.buffer = buffer;
        }
    }

    Value(String name, Shape shape, Layout layout, Buffer buffer, boolean live, boolean differentiable) {
        this(name, shape, layout, layout.rowStride(shape), buffer, live, differentiable);
    }

    Value(String name, Shape shape, Layout layout, int rowStride, Buffer buffer, boolean live, boolean differentiable) {
        this.name = name;
        this.shape = shape;
        this.layout = layout;
        this.rowStride = rowStride;
        this.buffer = buffer;
        this.live = live;
        this.differentiable = differentiable;
        if (buffer.size() != (rowStride == layout.rowStride(shape) ? layout.size(shape) : span(shape, rowStride))) {
            throw new IllegalArgumentException(name + " " + shape + " " + layout + " in " + buffer.size() + " floats");
        }
    }

    /** The graph's name for it. */
    public String name() {
        return name;
    }

    /** Extents in ONNX axis order. */
    public Shape shape() {
        return shape;
    }

    /** Physical layout. */
    public Layout layout() {
        return layout;
    }

    /** Storage. */
    public Buffer buffer() {
        return buffer;
    }

    /** Whether it can change from run to run without {@link Plan#setUp}. */
    public boolean live() {
        return live;
    }

    /** Whether some trained parameter influences it. */
    public boolean differentiable() {
        return differentiable;
    }

    /** Extent of axis 0; 1 for rank 0. Kernels are split along it. */
    public int images() {
        return shape.rank() == 0 ? 1 : shape.dim(0);
    }

    /** Floats from the first element to behind the last one of a channels-last value whose rows are so far apart. */
    static int span(Shape shape, int rowStride) {
        return Math.addExact(Math.multiplyExact(Layout.CHANNELS_LAST.rows(shape) - 1, rowStride), shape.dim(1));
    }

    /** Floats from one index of axis 0 to the next, padding included. */
    public int imageSize() {
        return images() == 0 ? 0 : rows() * rowStride / images();
    }

    /** Floats to skip for one step along each ONNX axis. */
    public int[] strides() {
        return layout.strides(shape, rowStride);
    }

    /** Number of rows of the layout. */
    public int rows() {
        return layout.rows(shape);
    }

    /** Valid floats per row. */
    public int rowLength() {
        return layout.rowLength(shape);
    }

    /** Distance of rows. */
    public int rowStride() {
        return rowStride;
    }

    /** Whether another value has the same place for every element. */
    public boolean sameGeometry(Value other) {
        return layout == other.layout && rowStride == other.rowStride && shape.equals(other.shape);
    }

    Gradient gradient() {
        if (gradient == null) {
            gradient = new Gradient(new Buffer(buffer.size()));
        }
        return gradient;
    }

    boolean hasGradient() {
        return gradient != null && gradient.written;
    }

    void shareGradientOf(Value other) {
        gradient = other.gradient();
    }
}
