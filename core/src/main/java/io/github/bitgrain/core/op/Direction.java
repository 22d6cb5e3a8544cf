package io.github.bitgrain.core.op;

/** In which order a recurrent operator walks through time; names as in ONNX. */
public enum Direction {
    /** From the first step to the last. */
    FORWARD,
    /** From the last step to the first. */
    REVERSE,
    /** Both, with weights of their own. */
    BIDIRECTIONAL;

    /** Number of walks. */
    public int count() {
        return this == BIDIRECTIONAL ? 2 : 1;
    }

    /** Whether walk {@code index} starts at the end. */
    public boolean isBackward(int index) {
        return this == REVERSE || index == 1;
    }
}
