package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Relu;

/**
 * relu(branch(x) + residual(shortcut(x))), He et al. 2016: children {@code branch}, {@code shortcut} (absent: the identity) and
 * {@code residual}, a marker on the shortcut alone, so that convolution, sum and Relu stay one integer operator.
 */
public final class ResidualBlock extends Module {
    /**
     * A block.
     *
     * @param shortcut null for the identity
     */
    public ResidualBlock(Module branch, Module shortcut) {
        child("branch", branch);
        if (shortcut != null) {
            child("shortcut", shortcut);
        }
        child("residual", new SkipMarker.Residual());
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        String skipping = child("shortcut") == null ? x : builder.build(this, "shortcut", x);
        String sum = builder.node(new Add(), builder.build(this, "branch", x), builder.build(this, "residual", skipping));
        return builder.node(new Relu(), sum);
    }
}
