package io.github.bitgrain.quantizer.lanes;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.quantizer.plan.ExponentRepair;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import io.github.bitgrain.quantizer.plan.PassiveScales;
import io.github.bitgrain.simulator.Headroom;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives layers whose accumulators saturate coarser weights, where the chip's results gain by it. A lane saturates after every product
 * (chip-arithmetic.md §2.3), also where the whole sum would fit, and fake quantization knows nothing of it. A step of the weights' exponent
 * halves all partial sums and costs a bit of the weights; few sums that leave the range by little may cost less, so that the simulated chip
 * decides, layer after layer. Products of two values have no weights to make coarser, and stay as they are.
 */
public final class LaneRelief {
    /** A layer in front that no longer saturates lets later ones see other values, and rounding moves sums a little: those are looked at again. */
    private static final int ROUNDS = 3;

    private final ChipJudge judge;

    /**
     * A relief.
     *
     * @param reference float network; its results are what the chip should give
     * @param calibration samples, of which a few are looked at
     * @param threads number of threads; results do not depend on it
     */
    public LaneRelief(Model reference, DataSource calibration, int threads) {
        judge = new ChipJudge(reference, ChipJudge.spread(calibration), threads);
    }

    /**
     * What became of a plan.
     *
     * @param plan the same plan if there was nothing to gain
     * @param layers layers with coarser weights, in the order of the network
     */
    public record Result(QuantPlan plan, List<CoarserWeights> layers) {}

    /** Whether a lane saturates. What cannot be lowered has no lanes: who lowers it is told why. */
    public boolean isNeeded(Model model, QuantPlan plan) {
        try {
            return judge.headroom(model, plan, true).stream().anyMatch(layer -> layer.saturated() > 0);
        } catch (BitgrainException e) {
            return false;
        }
    }

    /** The room that a network's sums leave. */
    public LaneRoom room(Model model, QuantPlan plan) {
        return LaneRoom.of(model.graph(), plan, judge.headroom(model, plan, false));
    }

    /** What has become of layers since: under a later plan, of a network with other weights. Layers whose weights are coarser no longer are left out. */
    public List<CoarserWeights> later(List<CoarserWeights> layers, Model model, QuantPlan plan) {
        if (layers.isEmpty()) {
            return layers;
        }
        List<Headroom.Layer> seen = judge.headroom(model, plan, true);
        return layers.stream()
                .map(layer -> layer.under(plan.exponents(Slot.input(layer.node(), 1)), holds(seen, layer.node())))
                .filter(layer -> layer.after() > layer.before())
                .toList();
    }

    /**
     * The plan with coarser weights.
     *
     * @param model network that computes what the reference does; one that {@link #isNeeded} accepts
     */
    public Result apply(Model model, QuantPlan plan) {
        QuantPlan best = plan;
        double noise = judge.noise(model, plan);
        List<Headroom.Layer> first = judge.headroom(model, plan, true);
        List<Headroom.Layer> seen = first;
        for (int round = 0; round < ROUNDS; round++) {
            QuantPlan before = best;
            for (Headroom.Layer layer : seen) {
                // The steps that make everything fit come first, and win among equals: other samples may have larger sums.
                for (int steps = isRelievable(model.graph(), plan, layer) ? -layer.bitsLeft() : 0; steps > 0; steps--) {
                    QuantPlan coarser = coarser(model.graph(), before, best, layer, steps);
                    double found = judge.noise(model, coarser);
                    if (found < noise) {
                        noise = found;
                        best = coarser;
                    }
                }
            }
            if (best == before) {
                break;
            }
            seen = judge.headroom(model, best, true);
        }
        return new Result(best, layers(plan, best, first, seen));
    }

    private static boolean isRelievable(Graph graph, QuantPlan plan, Headroom.Layer layer) {
        Node node = graph.node(layer.node());
        Slot weights = Slot.input(layer.node(), 1);
        return layer.saturated() > 0 && node != null && OperatorTraits.isComputing(node.op()) && graph.isParameter(node.input(1))
                && plan.has(weights) && plan.quantizes(weights);
    }

    /**
     * A plan in which the weights of a layer are coarser, those of each channel by no more than it needs.
     *
     * @param measured plan whose sums the layer tells
     * @param present what other layers have been given since
     */
    private static QuantPlan coarser(Graph graph, QuantPlan measured, QuantPlan present, Headroom.Layer layer, int most) {
        Slot weights = Slot.input(layer.node(), 1);
        int[] exponents = measured.exponents(weights).toArray();
        for (int c = 0; c < exponents.length; c++) {
            int left = exponents.length == 1 ? layer.bitsLeft() : layer.channels().get(c).bitsLeft();
            exponents[c] += Math.clamp(-left, 0, most);
        }
        QuantPlan coarser = present.edit().exponents(present.root(weights), Exponents.of(exponents)).build();
        return PassiveScales.apply(graph, ExponentRepair.apply(graph, coarser));
    }

    private static List<CoarserWeights> layers(QuantPlan before, QuantPlan after, List<Headroom.Layer> doubtful, List<Headroom.Layer> seen) {
        List<CoarserWeights> layers = new ArrayList<>();
        for (Headroom.Layer layer : doubtful) {
            Slot weights = Slot.input(layer.node(), 1);
            if (before.has(weights) && !after.exponents(weights).equals(before.exponents(weights))) {
                layers.add(CoarserWeights.of(layer.node(), layer.laneBits(), before.exponents(weights), after.exponents(weights), holds(seen, layer.node())));
            }
        }
        return layers;
    }

    private static boolean holds(List<Headroom.Layer> seen, String node) {
        return seen.stream().noneMatch(layer -> layer.node().equals(node) && layer.saturated() > 0);
    }
}
