package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.Rounding;

/**
 * Tries the few exponents that can be best and takes the one with the least squared error on all values: from the one that
 * clips nothing down to {@value #REACH} steps finer.
 */
final class ExactErrorObserver extends MinMaxObserver {
    private static final int REACH = 4;

    private final Rounding rounding;
    private final double[] errors = new double[REACH + 1];
    private float[] rounded = {};
    private boolean measuring;

    ExactErrorObserver(int bits, Rounding rounding) {
        super(bits);
        this.rounding = rounding;
    }

    @Override
    public boolean needsSecondPhase() {
        return true;
    }

    @Override
    public void startSecondPhase() {
        measuring = reach() > 0;
    }

    @Override
    public void observe(ValueView view) {
        if (!measuring) {
            super.observe(view);
            return;
        }
        if (rounded.length < view.length()) {
            rounded = new float[view.length()];
        }
        float qmin = FakeQuantization.qmin(bits());
        float qmax = FakeQuantization.qmax(bits());
        for (int row = 0; row < view.rows(); row++) {
            int from = view.offset() + row * view.stride();
            for (int i = 0; i <= REACH; i++) {
                view.kernels().fakeQuantize(view.length(), view.data(), from, rounded, 0, super.exponent() - i, qmin, qmax, rounding);
                errors[i] += view.kernels().squaredDistance(view.length(), view.data(), from, rounded, 0);
            }
        }
    }

    @Override
    public int exponent() {
        if (!measuring) {
            return super.exponent();
        }
        int best = 0;
        for (int i = 1; i <= REACH; i++) {
            if (errors[i] < errors[best]) {
                best = i;
            }
        }
        return super.exponent() - best;
    }
}
