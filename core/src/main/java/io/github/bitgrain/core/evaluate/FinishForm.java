package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.FakeQuantizer;
import io.github.bitgrain.kernels.Finish;

/** What follows the sums of a {@link FusedConv}, with the scale as it is when they are formed. */
final class FinishForm {
    private final FusedConv op;
    private final Value alpha;
    private Finish last;

    /** @param alpha log2 of the scale, or null without fake quantization */
    FinishForm(FusedConv op, Value alpha) {
        this.op = op;
        this.alpha = alpha;
        UnaryForm function = op.function();
        last = function == null ? Finish.NONE : Finish.of(function.function(), function.p(), function.q());
    }

    /** For the next call; any thread. */
    Finish now() {
        if (alpha == null) {
            return last;
        }
        Finish finish = last;
        int exponent = FakeQuantForm.exponent(alpha, 0);
        if (finish.quantizer() == null || finish.quantizer().exponent() != exponent) {
            int bits = op.quantizer().bits();
            finish = finish.quantized(new FakeQuantizer(exponent, FakeQuantization.qmin(bits), FakeQuantization.qmax(bits), op.quantizer().rounding()));
            last = finish;
        }
        return finish;
    }
}
