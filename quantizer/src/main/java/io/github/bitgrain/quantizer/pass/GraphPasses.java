package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import java.util.List;

/** The format passes in ESP-PPQ's order (esp-ppq: api/interface.py, IR/morph.py). */
public final class GraphPasses {
    private static final List<GraphPass> ORDER = List.of(
            new SplitSharedParameters(),
            new FuseBias(),
            new FuseBatchNorm(),
            new ReplaceBatchNorm(),
            new FuseSwish(),
            new RemoveIdentity());

    private GraphPasses() {}

    /** Applies all passes. */
    public static Model apply(Model model) {
        Model result = model;
        for (GraphPass pass : ORDER) {
            result = pass.apply(result);
        }
        return result;
    }
}
