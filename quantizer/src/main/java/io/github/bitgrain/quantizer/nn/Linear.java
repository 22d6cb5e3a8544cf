package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.random.RandomGenerator;

/** x · weightᵀ + bias; x [N, in], weight [out, in], bias [out]. */
public class Linear extends WeightedLayer {
    private static final Gemm OP = new Gemm(1f, 1f, false, true);

    /** A layer with given parameters; bias null for none. */
    public Linear(Tensor weight, Tensor bias) {
        super(OP, weight, bias);
    }

    /** A layer with random weights and, if wanted, a zero bias. */
    public Linear(int in, int out, boolean bias, RandomGenerator random) {
        this(Initialization.he(Shape.of(out, in), in, random), bias ? Tensor.zeros(Shape.of(out)) : null);
    }
}
