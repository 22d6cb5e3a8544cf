package io.github.bitgrain.kernels;

/**
 * Weights of one convolution in the order that a kernel reads them. Made by {@link FloatKernels#packedConv}; filled by
 * {@link FloatKernels#pack}, again after every change of the weights, without allocation. Only the kernels that made it can
 * read it.
 */
public abstract class PackedConv {
    private final ConvShape shape;

    /** Storage for the weights of a convolution; the batch does not matter. */
    protected PackedConv(ConvShape shape) {
        this.shape = shape;
    }

    /** The geometry that the weights are packed for; the number of images may differ in a call. */
    public ConvShape shape() {
        return shape;
    }
}
