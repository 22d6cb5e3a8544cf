package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.random.RandomGenerator;

/** Convolution; weight [out, in/groups, kH, kW] (rank 3 in one-dimensional networks), bias [out]. Depthwise when groups = in. */
public class Conv2d extends WeightedLayer {
    /** A layer with given parameters; bias null for none. */
    public Conv2d(Conv op, Tensor weight, Tensor bias) {
        super(op, weight, bias);
    }

    /**
     * A layer with random weights and, if wanted, a zero bias.
     *
     * @param kernel height and width of the window
     * @param padding zeros on all four sides
     */
    public Conv2d(int in, int out, int kernel, int stride, int padding, int groups, boolean bias, RandomGenerator random) {
        this(new Conv(new Size(stride, stride), new Pads(padding, padding, padding, padding), Size.ONE, groups),
                Initialization.he(Shape.of(out, in / groups, kernel, kernel), in / groups * kernel * kernel, random),
                bias ? Tensor.zeros(Shape.of(out)) : null);
    }
}
