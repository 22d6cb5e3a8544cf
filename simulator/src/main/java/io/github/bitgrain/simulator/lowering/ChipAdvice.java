package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.CrossEntropy;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Floor;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.IntegerDiv;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.TopK;
import java.util.Set;

/** What to do about an operator that no chip program can contain. */
final class ChipAdvice {
    /** What detectors and classifiers do with their results: indices, and numbers that stay exact. */
    private static final Set<Class<? extends Op>> OF_THE_APPLICATION = Set.of(TopK.class, ArgMax.class, GatherElements.class, GatherNd.class,
            IndexedGather.class, IntegerDiv.class, Mod.class, Floor.class, Cast.class, Tile.class);

    private ChipAdvice() {}

    static String instead(Op op) {
        return switch (op) {
            case BatchNorm any -> "run the graph passes first: they fold it into a convolution";
            case ConvTranspose any -> "run the graph passes first: they rewrite it as InsertZeros and Conv";
            case FakeQuant any -> "lower the float graph with its plan, not the fake-quantized one";
            case CrossEntropy any -> "cut the loss off the graph";
            case MeanSquaredError any -> "cut the loss off the graph";
            case Erf any -> "write x / 2 · (1 + Erf(x / √2)) as exporters do, it becomes a Gelu";
            case Reciprocal any -> "divide by the operand instead";
            case Op any when OF_THE_APPLICATION.contains(any.getClass()) -> "the application computes it: end the network before it (--head cut)";
            default -> "rewrite it with operators that have one, or end the graph before it and compute it in the application";
        };
    }
}
