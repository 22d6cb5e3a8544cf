package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.kernels.Rounding;

/**
 * Keeps the first place: of the exponents that can be best, the one under which the largest value of most rows is still larger than
 * every other one of its row; among equals the one of least squared error. A row runs along the channels of feature maps, along the
 * last axis elsewhere: the classes of a sample or of a position.
 *
 * <p>The idea is ESP-PPQ's ({@code isotone}: quantization/observer/order.py), which looks for a scale that keeps the first place by
 * intervals of the two largest magnitudes, along the last axis; what it finds is no power of two (defect D11).
 */
final class IsotoneObserver extends ExactErrorObserver {
    /** Divergence ({@code kl}) may choose exponents six steps below the whole range; none that other algorithms find is left out. */
    private static final int FINER = 6;

    private final long[] kept = new long[FINER + 1];
    private float[] firstAndSecond = {};
    private float[] rounded = {};

    IsotoneObserver(int bits, Rounding rounding) {
        super(bits, rounding, FINER);
    }

    @Override
    void measure(ValueView view, int candidates) {
        int row = view.channelsLast() ? view.length() : view.shape().rank() == 0 ? 1 : view.shape().dim(view.shape().rank() - 1);
        if (row < 2) {
            return;
        }
        int rows = view.rows() * (view.length() / row);
        if (firstAndSecond.length < 2 * rows) {
            firstAndSecond = new float[2 * rows];
            rounded = new float[2 * rows];
        }
        int at = 0;
        for (int r = 0; r < view.rows(); r++) {
            int start = view.offset() + r * view.stride();
            for (int from = start; from < start + view.length(); from += row) {
                findTwoLargest(view.data(), from, row, at++);
            }
        }
        for (int candidate = 0; candidate < candidates; candidate++) {
            round(view.kernels(), candidate, 2 * rows, firstAndSecond, 0, rounded);
            for (int i = 0; i < rows; i++) {
                kept[candidate] += rounded[2 * i] > rounded[2 * i + 1] ? 1 : 0;
            }
        }
    }

    /** Rounding keeps the order, so that the two largest values decide: at {@code 2 row} and behind it. */
    private void findTwoLargest(float[] data, int from, int count, int row) {
        float first = Float.NEGATIVE_INFINITY;
        float second = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + count; i++) {
            if (data[i] > first) {
                second = first;
                first = data[i];
            } else if (data[i] > second) {
                second = data[i];
            }
        }
        firstAndSecond[2 * row] = first;
        firstAndSecond[2 * row + 1] = second;
    }

    @Override
    boolean isBetter(int candidate, int other) {
        return kept[candidate] != kept[other] ? kept[candidate] > kept[other] : super.isBetter(candidate, other);
    }
}
