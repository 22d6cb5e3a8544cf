package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;

/**
 * A tensor that is zero throughout says nothing about its scale; it gets the exponent of values below 1 instead of the one
 * of the smallest scale, whose products no shift can reach (defect D8).
 */
final class UsableExponent implements Observer {
    private static final int BELOW_ONE = -7;

    private final Observer observer;
    private final float[] range = {0, 0};

    UsableExponent(Observer observer) {
        this.observer = observer;
    }

    @Override
    public boolean needsSecondPhase() {
        return observer.needsSecondPhase();
    }

    @Override
    public void observe(ValueView view) {
        if (isZero()) {
            for (int row = 0; row < view.rows(); row++) {
                view.kernels().minMax(view.length(), view.data(), view.offset() + row * view.stride(), range);
            }
        }
        observer.observe(view);
    }

    @Override
    public void startSecondPhase() {
        observer.startSecondPhase();
    }

    @Override
    public int exponent() {
        return isZero() ? BELOW_ONE : observer.exponent();
    }

    private boolean isZero() {
        return range[0] == 0 && range[1] == 0;
    }
}
