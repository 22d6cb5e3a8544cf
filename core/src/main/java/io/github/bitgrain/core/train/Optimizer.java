package io.github.bitgrain.core.train;

import java.util.List;
import java.util.Map;

/** Moves parameters along their gradients. */
public interface Optimizer {
    /** Does one update with the gradients as they are now; steps count from 0. */
    void update(int step);

    /** What it remembers between updates, live, by name, in order: writing earlier values back continues an earlier run. */
    Map<String, float[]> state();

    /**
     * Parameters that share a learning rate.
     *
     * @param names their names
     * @param rate learning rate
     * @param decay weight decay: the share of a parameter, times the rate, that each step takes away
     */
    record Group(List<String> names, Schedule rate, double decay) {
        /** Takes a copy of the names. */
        public Group {
            names = List.copyOf(names);
        }

        /** A group without weight decay. */
        public Group(List<String> names, Schedule rate) {
            this(names, rate, 0);
        }
    }
}
