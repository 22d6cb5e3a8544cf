package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.random.RandomGenerator;

/**
 * relu(post_bn(bn(conv3×3(x)) + α · conv1×1(x) + x)) with a trained α, x only where shapes allow (QARepVGG, Chu et al. 2022). Children
 * {@code branch_3x3} (of {@code conv} and {@code bn}), {@code branch_1x1}, {@code identity} (a marker, if x is added) and
 * {@code post_bn}; after fusion {@code rbr_reparam} instead of the branches:
 * K = K₃ γ/√(σ² + ε) + α pad(K₁) + I, b = β − γ μ/√(σ² + ε) + α b₁.
 */
public final class RepVGGBlock extends Module implements Reparameterizable {
    private static final String BRANCH_3X3 = "branch_3x3";
    private static final String BRANCH_1X1 = "branch_1x1";
    private static final String IDENTITY = "identity";
    private static final String FUSED = "rbr_reparam";
    private static final String POST_BN = "post_bn";
    private static final String ALPHA = "alpha";
    private static final int SIDE = 3;

    private final int in;
    private final int groups;

    /** A block with random weights. */
    public RepVGGBlock(int in, int out, int stride, int groups, RandomGenerator random) {
        this.in = in;
        this.groups = groups;
        child(BRANCH_3X3, new Sequential().add("conv", new Conv2d(in, out, SIDE, stride, 1, groups, false, random)).add("bn", new BatchNorm2d(out)));
        child(BRANCH_1X1, new Conv2d(in, out, 1, stride, 0, groups, true, random));
        if (in == out && stride == 1) {
            child(IDENTITY, new SkipMarker.Residual());
        }
        child(POST_BN, new BatchNorm2d(out));
        parameter(ALPHA, Tensor.vector(1f));
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String sum = child(FUSED) == null ? branches(builder, x) : builder.build(this, FUSED, x);
        return builder.node(new Relu(), child(POST_BN) == null ? sum : builder.build(this, POST_BN, sum));
    }

    private String branches(NetworkBuilder builder, String x) {
        String pointwise = builder.node(new Mul(), builder.build(this, BRANCH_1X1, x), builder.parameter(this, ALPHA));
        String sum = builder.node(new Add(), builder.build(this, BRANCH_3X3, x), pointwise);
        return child(IDENTITY) == null ? sum : builder.node(new Add(), sum, builder.build(this, IDENTITY, x));
    }

    private void requireFloatInUse() {
        if (isTraining()) {
            throw BitgrainException.usage(this + ": can be fused in eval mode only, since training uses the statistics of each batch");
        }
        if (!QuantizationCalibrator.quantizers(this).isEmpty()) {
            throw BitgrainException.usage(this + ": is quantized; fuse before, for ranges do not follow the weights");
        }
    }

    @Override
    public void fusePartially() {
        if (child(FUSED) != null) {
            return;
        }
        requireFloatInUse();
        Conv2d wide = (Conv2d) child(BRANCH_3X3).child("conv");
        Conv2d pointwise = (Conv2d) child(BRANCH_1X1);
        float alpha = parameters().get(ALPHA).data()[0];
        Tensor kernel = wide.weight().copy();
        Tensor bias = Tensor.zeros(Shape.of(kernel.shape().dim(0)));
        BatchNormFold.scale(kernel, bias, (BatchNorm2d) child(BRANCH_3X3).child("bn"), 0);
        int window = SIDE * SIDE;
        int perGroup = in / groups;
        for (int i = 0; i < pointwise.weight().size(); i++) {
            kernel.data()[i * window + window / 2] += alpha * pointwise.weight().data()[i];
        }
        for (int o = 0; o < bias.size(); o++) {
            bias.data()[o] += alpha * pointwise.bias().data()[o];
            if (child(IDENTITY) != null) {
                kernel.data()[(o * perGroup + o % perGroup) * window + window / 2] += 1;
            }
        }
        child(FUSED, new Conv2d((Conv) wide.op(), kernel, bias));
        removeChild(BRANCH_3X3);
        removeChild(BRANCH_1X1);
        removeChild(IDENTITY);
        removeParameter(ALPHA);
    }

    @Override
    public void fuseFully() {
        if (child(POST_BN) == null) {
            return;
        }
        requireFloatInUse();
        fusePartially();
        Conv2d fused = (Conv2d) child(FUSED);
        BatchNormFold.scale(fused.weight(), fused.bias(), (BatchNorm2d) child(POST_BN), 0);
        removeChild(POST_BN);
    }
}
