package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Relu;
import java.util.random.RandomGenerator;

/**
 * relu(bn(conv(… relu(bn(conv(x))))) + shortcut(x)), He et al. 2016, without markers; children {@code conv1}, {@code bn1}, …, and
 * {@code shortcut}, which is empty for the identity. Quantization appends a quantizer to the shortcut; the other operand of the sum has
 * none, so that convolution, sum and Relu stay one integer operator.
 */
public abstract sealed class ResNetBlock extends Module {
    private static final String SHORTCUT = "shortcut";
    private static final String RESIDUAL_QUANTIZER = "residual_quantizer";

    private int convolutions;

    ResNetBlock() {}

    final void conv(int in, int out, int kernel, int stride, RandomGenerator random) {
        convolutions++;
        child("conv" + convolutions, new Conv2d(in, out, kernel, stride, kernel / 2, 1, false, random));
        child("bn" + convolutions, new BatchNorm2d(out));
    }

    final void shortcut(int in, int out, int stride, RandomGenerator random) {
        Sequential shortcut = new Sequential();
        if (stride != 1 || in != out) {
            shortcut.add(new Conv2d(in, out, 1, stride, 0, 1, false, random)).add(new BatchNorm2d(out));
        }
        child(SHORTCUT, shortcut);
    }

    /** The rule of both blocks: the children are quantized, and the shortcut gets a quantizer. */
    static QuantizationRule rule() {
        return new QuantizationRule(QuantizationRule.Action.RECURSE_AND_REPLACE, (module, input, weight) -> {
            ((Sequential) module.child(SHORTCUT)).add(RESIDUAL_QUANTIZER, new TensorQuantizer(input));
            return module;
        }, null, null);
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String value = x;
        for (int i = 1; i <= convolutions; i++) {
            value = builder.build(this, "bn" + i, builder.build(this, "conv" + i, value));
            value = i < convolutions ? builder.node(new Relu(), value) : value;
        }
        return builder.node(new Relu(), builder.node(new Add(), value, builder.build(this, SHORTCUT, x)));
    }

    /** Two 3×3 convolutions. */
    public static final class BasicBlock extends ResNetBlock {
        /** A block with random weights. */
        public BasicBlock(int in, int out, int stride, RandomGenerator random) {
            conv(in, out, 3, stride, random);
            conv(out, out, 3, 1, random);
            shortcut(in, out, stride, random);
        }
    }

    /** 1×1, 3×3 and 1×1 convolutions; the last has four times the channels of the others. */
    public static final class Bottleneck extends ResNetBlock {
        private static final int EXPANSION = 4;

        /** A block with random weights: [N, in, H, W] → [N, 4 · width, H/stride, W/stride]. */
        public Bottleneck(int in, int width, int stride, RandomGenerator random) {
            conv(in, width, 1, 1, random);
            conv(width, width, 3, stride, random);
            conv(width, EXPANSION * width, 1, 1, random);
            shortcut(in, EXPANSION * width, stride, random);
        }
    }
}
