package io.github.bitgrain.core.op;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The last {@code window − 1} frames of earlier runs in front of this run's (ESP-DL's StreamingCache). Frames are axis 2: [N, C, T] →
 * [N, C, T + window − 1], and the same with further axes. A float network runs once, so that zeros stand for the frames before.
 *
 * @param window frames that an operator behind it looks at together
 */
public record StreamingCache(int window) implements Op {
    /** The axis of the frames. */
    public static final int FRAMES = 2;

    /** What the first run computes. */
    public Pad firstRun(int rank) {
        List<Integer> begins = new ArrayList<>(Collections.nCopies(rank, 0));
        begins.set(FRAMES, window - 1);
        return new Pad(Pad.Mode.CONSTANT, begins, Collections.nCopies(rank, 0), 0f);
    }
}
