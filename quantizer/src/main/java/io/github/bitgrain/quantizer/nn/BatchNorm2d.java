package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;

/**
 * Batch normalization over axis 1; parameters {@code weight} and {@code bias}, buffers {@code running_mean} and {@code running_var}, all
 * [C]. In training it uses the statistics of the batch and moves the running ones, unless they are frozen.
 */
public final class BatchNorm2d extends Module {
    private static final float EPSILON = 1e-5f;
    private static final float MOMENTUM = 0.9f;

    private final BatchNorm op;
    private boolean frozen;

    /** A layer with given parameters and statistics. */
    public BatchNorm2d(BatchNorm op, Tensor weight, Tensor bias, Tensor mean, Tensor variance) {
        this.op = op;
        parameter("weight", weight);
        parameter("bias", bias);
        buffer("running_mean", mean);
        buffer("running_var", variance);
    }

    /** A layer that begins as the identity. */
    public BatchNorm2d(int channels) {
        this(new BatchNorm(EPSILON, MOMENTUM, false), Tensor.filled(Shape.of(channels), 1f), Tensor.zeros(Shape.of(channels)),
                Tensor.zeros(Shape.of(channels)), Tensor.filled(Shape.of(channels), 1f));
    }

    /** Whether training uses and leaves the running statistics as they are. */
    public void freeze(boolean statistics) {
        frozen = statistics;
    }

    /** Whether training leaves the running statistics alone. */
    public boolean isFrozen() {
        return frozen;
    }

    /** The operator as in use. */
    public BatchNorm op() {
        return op;
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        BatchNorm now = new BatchNorm(op.epsilon(), op.momentum(), isTraining() && !frozen);
        return builder.node(now, x, builder.parameter(this, "weight"), builder.parameter(this, "bias"),
                builder.parameter(this, "running_mean"), builder.parameter(this, "running_var"));
    }

    @Override
    protected String details() {
        return parameters().get("weight").size() + (frozen ? ", frozen" : "");
    }
}
