package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.Profile;
import java.util.ArrayList;
import java.util.List;

/** The format passes in ESP-PPQ's order (esp-ppq: api/interface.py, IR/morph.py), and what chips cannot run rewritten. */
public final class GraphPasses {
    private GraphPasses() {}

    private static List<GraphPass> order(Profile profile) {
        List<GraphPass> passes = new ArrayList<>(List.of(
                new SplitSharedParameters(),
                new FuseBias(),
                new FuseBatchNorm(),
                new ReplaceBatchNorm(),
                new FuseSwish(),
                new RemoveIdentity(),
                new DecomposeConvTranspose(profile)));
        if (!profile.isParity()) {
            passes.addAll(List.of(new FuseGelu(), new DivideInstead(), new FuseRmsNorm(), new DecomposeExtremes(), new FuseL2Norm(), new DecomposeAveragePool(),
                    new SliceShuffledChannels(), new SliceInsteadOfCutting()));
        }
        passes.add(new OrderSpaceToDepth(profile));
        return passes;
    }

    /** Applies all passes; the result computes what {@code model} does. */
    public static Model apply(Model model) {
        return apply(model, Profile.IMPROVED);
    }

    /**
     * Applies all passes.
     *
     * @param profile {@link Profile#PARITY} rewrites a ConvTranspose as ESP-PPQ does, which is wrong with dilation, and with output
     *     padding at stride one (defect D6)
     */
    public static Model apply(Model model, Profile profile) {
        Model result = model;
        for (GraphPass pass : order(profile)) {
            result = pass.apply(result);
        }
        return result;
    }
}
