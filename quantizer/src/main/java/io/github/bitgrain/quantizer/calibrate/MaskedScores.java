package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Scores of attention with a mask: an Add of a constant that holds numbers like −10,000, read by a Softmax. Calibration would
 * choose an exponent that holds the mask, and nothing of the scores would be left. What counts is that masked scores vanish behind
 * the softmax: they may saturate, as long as the lowest integer lies far enough below the largest score of every row.
 */
public final class MaskedScores {
    /** Constants below it are masks: no score in use is so low, since e^−100 is zero in single precision times anything. */
    private static final float MASK = -100;
    /** What masked elements of a row may weigh together: e to the minus this. */
    private static final double MARGIN = 6;

    private MaskedScores() {}

    /** The calibrated plan with exponents that fit the scores which are not masked. */
    public static QuantPlan apply(Model model, QuantPlan plan, Batches batches, int threads) {
        Graph graph = model.graph();
        Map<String, Scores> masked = new TreeMap<>();
        for (Node node : graph.nodes()) {
            if (plan.isQuantized(node.name()) && isMasked(graph, model.parameters(), node)) {
                masked.put(node.output(), new Scores(node));
            }
        }
        if (masked.isEmpty()) {
            return plan;
        }
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(List.copyOf(masked.keySet()));
        try (Executor executor = new Executor(graph, model.parameters(), options)) {
            for (int i = 0; i < Math.min(batches.count(), batches.distinct()); i++) {
                executor.run(batches.get(i)).forEach((name, tensor) -> masked.get(name).add(tensor));
            }
        }
        QuantPlan.Builder edit = plan.edit();
        masked.values().forEach(scores -> {
            fit(edit, Slot.output(scores.node.name(), 0), scores);
            for (Node reader : graph.consumers(scores.node.output())) {
                Slot read = Slot.input(reader.name(), reader.inputs().indexOf(scores.node.output()));
                if (plan.isQuantized(reader.name())) {
                    // A reader of another width has a scale of its own.
                    fit(edit, read, scores);
                }
            }
        });
        return edit.build();
    }

    private static void fit(QuantPlan.Builder edit, Slot slot, Scores scores) {
        Slot root = edit.root(slot);
        edit.exponents(root, Exponents.of(scores.exponent(edit.config(root).bits()))).state(root, SlotState.ACTIVATED);
    }

    private static boolean isMasked(Graph graph, Parameters parameters, Node node) {
        List<Node> readers = graph.consumers(node.output());
        if (!(node.op() instanceof Add) || graph.isOutput(node.output()) || readers.isEmpty()
                || !readers.stream().allMatch(reader -> reader.op() instanceof Softmax)) {
            return false;
        }
        return node.inputs().stream().filter(graph::isParameter).anyMatch(name -> lowest(parameters.get(name)) <= MASK);
    }

    private static float lowest(Tensor tensor) {
        float lowest = Float.POSITIVE_INFINITY;
        for (float value : tensor.data()) {
            lowest = Math.min(lowest, value);
        }
        return lowest;
    }

    /** What the samples show of one node's scores. */
    private static final class Scores {
        private final Node node;
        private float largest = Float.NEGATIVE_INFINITY;
        /** The smallest of all rows' largest scores. */
        private float weakest = Float.POSITIVE_INFINITY;
        private int row = 1;

        Scores(Node node) {
            this.node = node;
        }

        void add(Tensor scores) {
            row = scores.shape().dim(scores.shape().rank() - 1);
            for (int start = 0; start < scores.size(); start += row) {
                float best = Float.NEGATIVE_INFINITY;
                for (int i = start; i < start + row; i++) {
                    best = Math.max(best, scores.data()[i]);
                }
                // A row that is masked wholly has no scores.
                if (best > MASK / 2) {
                    largest = Math.max(largest, best);
                    weakest = Math.min(weakest, best);
                }
            }
        }

        int exponent(int bits) {
            double integers = Math.scalb(1.0, bits - 1);
            double above = largest / (integers - 1);
            double below = (Math.log(row) + MARGIN - weakest) / integers;
            double scale = Math.max(Math.max(above, below), Math.scalb(1.0, 1 - bits) / integers);
            return (int) Math.ceil(Math.log(scale) / Math.log(2));
        }
    }
}
