package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.exec.ValueView;

/**
 * Watches one tensor during calibration and derives its exponent. Statistics are counts, extremes and sums in a fixed order:
 * memory does not grow with the number of samples.
 */
public interface Observer {
    /** Whether the observer has to see all batches a second time, once its range is known. */
    default boolean needsSecondPhase() {
        return false;
    }

    /** Sees one batch. */
    void observe(ValueView view);

    /** Called between the phases. */
    default void startSecondPhase() {}

    /** The exponent (log2 of the scale). */
    int exponent();
}
