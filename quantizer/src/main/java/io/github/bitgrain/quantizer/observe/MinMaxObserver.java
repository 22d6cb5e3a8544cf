package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;

/** Covers everything that was seen. */
class MinMaxObserver implements Observer {
    private final int bits;
    private final float[] range = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};

    MinMaxObserver(int bits) {
        this.bits = bits;
    }

    @Override
    public void observe(ValueView view) {
        for (int row = 0; row < view.rows(); row++) {
            view.kernels().minMax(view.length(), view.data(), view.offset() + row * view.stride(), range);
        }
    }

    /** The largest absolute value. */
    final float reach() {
        return Math.max(Math.abs(range[0]), Math.abs(range[1]));
    }

    final int bits() {
        return bits;
    }

    @Override
    public int exponent() {
        return Ranges.exponent(range[0], range[1], bits);
    }
}
