package io.github.bitgrain.core.plan;

import java.util.List;

/**
 * One piece of work of a plan. Items are independent: any split of 0 … items over threads gives the same bits.
 *
 * @param items number of independent pieces
 * @param work does the pieces from, …, to - 1
 * @param buffers all storage that the work reads or writes
 * @param label what the step belongs to, for profiles
 */
public record Step(int items, Work work, List<Buffer> buffers, String label) {
    /** Does some of the items of a step. */
    @FunctionalInterface
    public interface Work {
        /** Does the items from, …, to - 1. */
        void run(int from, int to);
    }
}
