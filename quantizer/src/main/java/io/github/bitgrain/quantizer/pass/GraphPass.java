package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;

/** Rewrites a float network into one that computes the same. */
@FunctionalInterface
public interface GraphPass {
    /** The rewritten network; parameters that change get new tensors, those of {@code model} stay as they are. */
    Model apply(Model model);
}
