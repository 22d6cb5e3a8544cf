package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Rounding;

/**
 * Tries the few exponents that can be best and takes the one with the least squared error on all values: from the one that
 * clips nothing down to {@value #FINER} steps finer.
 */
class ExactErrorObserver extends MinMaxObserver {
    private static final int FINER = 4;

    private final Rounding rounding;
    private final double[] errors;
    private float[] rounded = {};
    private boolean measuring;

    ExactErrorObserver(int bits, Rounding rounding) {
        this(bits, rounding, FINER);
    }

    /** An observer that tries {@code finer} exponents below the one that clips nothing. */
    ExactErrorObserver(int bits, Rounding rounding, int finer) {
        super(bits);
        this.rounding = rounding;
        errors = new double[finer + 1];
    }

    @Override
    public final boolean needsSecondPhase() {
        return true;
    }

    @Override
    public final void startSecondPhase() {
        measuring = reach() > 0;
    }

    @Override
    public final void observe(ValueView view) {
        if (!measuring) {
            super.observe(view);
            return;
        }
        if (rounded.length < view.length()) {
            rounded = new float[view.length()];
        }
        for (int row = 0; row < view.rows(); row++) {
            int from = view.offset() + row * view.stride();
            for (int i = 0; i < errors.length; i++) {
                round(view.kernels(), i, view.length(), view.data(), from, rounded);
                errors[i] += view.kernels().squaredDistance(view.length(), view.data(), from, rounded, 0);
            }
        }
        measure(view, errors.length);
    }

    /** Sees one batch beside the errors of the candidates, which are numbered from the coarsest on. */
    void measure(ValueView view, int candidates) {}

    /** Rounds {@code n} values as a candidate does. */
    final void round(FloatKernels kernels, int candidate, int n, float[] values, int from, float[] into) {
        kernels.fakeQuantize(n, values, from, into, 0, super.exponent() - candidate, FakeQuantization.qmin(bits()), FakeQuantization.qmax(bits()),
                rounding);
    }

    /** Whether one candidate is better than another. */
    boolean isBetter(int candidate, int other) {
        return errors[candidate] < errors[other];
    }

    @Override
    public final int exponent() {
        if (!measuring) {
            return super.exponent();
        }
        int best = 0;
        for (int i = 1; i < errors.length; i++) {
            if (isBetter(i, best)) {
                best = i;
            }
        }
        return super.exponent() - best;
    }
}
