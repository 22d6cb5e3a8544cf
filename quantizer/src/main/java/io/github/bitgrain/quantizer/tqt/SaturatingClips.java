package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes out every Clip whose bounds are no narrower than the integers behind it: saturation clips there already, and the chip
 * saves a pass over the data. The quantized function stays the same to the bit.
 */
final class SaturatingClips {
    private SaturatingClips() {}

    /** A network and its plan. */
    record Result(Model model, QuantPlan plan) {}

    static Result remove(Model model, QuantPlan plan) {
        Graph graph = model.graph();
        QuantPlan.Builder edit = plan.edit();
        List<Node> nodes = new ArrayList<>(graph.nodes());
        for (Node clip : graph.nodes()) {
            Node maker = clip.op() instanceof Clip ? graph.producer(clip.input(0)) : null;
            if (maker == null || !isRedundant((Clip) clip.op(), clip, plan) || graph.consumers(clip.input(0)).size() != 1
                    || graph.isOutput(clip.input(0)) || maker.outputs().size() != 1 || plan.bits(maker.name()) != plan.bits(clip.name())
                    || plan.quantizes(Slot.output(maker.name(), 0))) {
                continue;
            }
            nodes.set(nodes.indexOf(graph.node(maker.name())), maker.withOutputs(clip.outputs()));
            nodes.remove(clip);
            edit.remove(clip.name(), Slot.output(maker.name(), 0));
        }
        return new Result(new Model(graph.edit().nodes(nodes).build(), model.parameters()), edit.build());
    }

    private static boolean isRedundant(Clip op, Node clip, QuantPlan plan) {
        Slot output = Slot.output(clip.name(), 0);
        if (!plan.isQuantized(clip.name()) || !plan.quantizes(output)) {
            return false;
        }
        SlotConfig config = plan.config(output);
        Exponents exponents = plan.exponents(output);
        return exponents.count() == 1 && op.min() <= Math.scalb((double) config.qmin(), exponents.single())
                && op.max() >= Math.scalb((double) config.qmax(), exponents.single());
    }
}
