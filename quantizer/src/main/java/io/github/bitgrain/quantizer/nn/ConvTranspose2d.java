package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.tensor.Tensor;

/** Transposed convolution; weight [in, out/groups, kH, kW], bias [out]. */
public class ConvTranspose2d extends WeightedLayer {
    /** A layer with given parameters; bias null for none. */
    public ConvTranspose2d(ConvTranspose op, Tensor weight, Tensor bias) {
        super(op, weight, bias);
    }

    @Override
    public int channelAxis() {
        return 1;
    }

    /** Number of groups. */
    public int groups() {
        return ((ConvTranspose) op()).groups();
    }
}
