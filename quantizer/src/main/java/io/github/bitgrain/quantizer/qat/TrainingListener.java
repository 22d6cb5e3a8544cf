package io.github.bitgrain.quantizer.qat;

/** Hears how training goes. */
public interface TrainingListener {
    /** Hears nothing. */
    TrainingListener NONE = new TrainingListener() { };

    /** A batch is done: {@code done} of {@code all} of the whole run. */
    default void step(int done, int all, float loss, double rate) {}

    /** An epoch is done and, if there is a folder, safely stored. */
    default void epoch(EpochResult result) {}
}
