package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import io.github.bitgrain.quantizer.plan.WiderLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The two questions of ESP-PPQ's error report, on all elements instead of a random few: how much error has gathered at each
 * layer when the whole network is quantized, and how much error does each layer cause alone.
 */
public final class ErrorAnalysis {
    private final Model model;
    private final DataSource samples;
    private final int threads;
    private final Profile profile;

    /**
     * @param model float network after the graph passes: the reference
     * @param samples samples to run, one at a time
     */
    public ErrorAnalysis(Model model, DataSource samples, int threads) {
        this(model, samples, threads, Profile.IMPROVED);
    }

    /**
     * @param model float network after the graph passes: the reference
     * @param samples samples to run, one at a time
     * @param profile by whose rules a layer gets 16 bits
     */
    public ErrorAnalysis(Model model, DataSource samples, int threads, Profile profile) {
        this.model = model;
        this.samples = samples;
        this.threads = threads;
        this.profile = profile;
    }

    /** The error at the network's outputs with everything quantized; its node is the graph's name. */
    public LayerError whole(QuantPlan plan) {
        LayerError.Sum sum = new LayerError.Sum();
        Executor.Options options = Executor.Options.defaults().threads(threads);
        Model simulated = FakeQuantization.insert(model, plan);
        try (Executor reference = new Executor(model.graph(), model.parameters(), options);
                Executor simulator = new Executor(simulated.graph(), simulated.parameters(), options)) {
            for (Map<String, Tensor> sample : samples.batches(1)) {
                Map<String, Tensor> real = reference.run(sample);
                simulator.run(sample).forEach((name, tensor) -> add(sum, tensor, real.get(name)));
            }
        }
        return sum.mean(model.graph().name());
    }

    /**
     * The error at the output of each quantized computing layer with everything quantized, in graph order. The value compared
     * is the layer's own, before an activation that is fused into it; behind it where
     * {@code quantized} leaves the activation to the layer's saturation.
     *
     * @param quantized network whose weights are quantized: {@link #model} or a trained form of it with the same values
     */
    public List<LayerError> graphwise(Model quantized, QuantPlan plan) {
        Map<String, String> values = new LinkedHashMap<>();
        for (Node node : computing(plan)) {
            // Training may take out an activation that saturation replaces; the layer then makes what the activation made.
            Node same = quantized.graph().node(node.name());
            if (same != null && model.graph().producer(same.output()) != null) {
                values.put(node.name(), same.output());
            }
        }
        if (values.isEmpty()) {
            return List.of();
        }
        Map<String, LayerError.Sum> sums = new LinkedHashMap<>();
        values.keySet().forEach(node -> sums.put(node, new LayerError.Sum()));
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(List.copyOf(values.values()));
        Model simulated = FakeQuantization.insert(quantized, plan);
        try (Executor reference = new Executor(model.graph(), model.parameters(), options);
                Executor simulator = new Executor(simulated.graph(), simulated.parameters(), options)) {
            for (Map<String, Tensor> sample : samples.batches(1)) {
                Map<String, Tensor> real = reference.run(sample);
                Map<String, Tensor> rounded = simulator.run(sample);
                values.forEach((node, value) -> add(sums.get(node), rounded.get(value), real.get(value)));
            }
        }
        return means(sums);
    }

    /** What of the network is quantized while one layer is looked at. */
    public enum Part {
        /** The layer alone. */
        LAYER,
        /** Only the layer's weights and other constants. */
        WEIGHTS,
        /** Only what the layer reads and makes. */
        ACTIVATIONS,
        /** Everything but the layer. */
        ALL_OTHERS,
        /** Everything, the layer at 16 bits. */
        ALL_WIDER
    }

    /** The error at the network's outputs when one computing layer alone is quantized, for each, in graph order. */
    public List<LayerError> layerwise(QuantPlan plan) {
        return layerwise(plan, Part.LAYER);
    }

    /** The error at the network's outputs when a part of the network is quantized, for each computing layer, in graph order. */
    public List<LayerError> layerwise(QuantPlan plan, Part part) {
        List<Map<String, Tensor>> real = new ArrayList<>();
        Executor.Options options = Executor.Options.defaults().threads(threads);
        try (Executor reference = new Executor(model.graph(), model.parameters(), options)) {
            samples.batches(1).forEach(sample -> real.add(reference.run(sample)));
        }
        Map<String, LayerError.Sum> sums = new LinkedHashMap<>();
        for (Node node : computing(plan)) {
            LayerError.Sum sum = new LayerError.Sum();
            Model alone = FakeQuantization.insert(model, only(node, plan, part));
            try (Executor simulator = new Executor(alone.graph(), alone.parameters(), options)) {
                int index = 0;
                for (Map<String, Tensor> sample : samples.batches(1)) {
                    Map<String, Tensor> expected = real.get(index++);
                    simulator.run(sample).forEach((name, tensor) -> add(sum, tensor, expected.get(name)));
                }
            }
            sums.put(node.name(), sum);
        }
        return means(sums);
    }

    private static void add(LayerError.Sum sum, Tensor quantized, Tensor real) {
        sum.add(quantized.data(), real.data(), 0, real.size());
    }

    private static List<LayerError> means(Map<String, LayerError.Sum> sums) {
        List<LayerError> errors = new ArrayList<>();
        sums.forEach((node, sum) -> errors.add(sum.mean(node)));
        return errors;
    }

    private List<Node> computing(QuantPlan plan) {
        return model.graph().nodes().stream()
                .filter(node -> plan.isQuantized(node.name()) && OperatorTraits.isComputing(node.op()))
                .toList();
    }

    /** The plan with everything in float but the part. */
    private QuantPlan only(Node wanted, QuantPlan plan, Part part) {
        if (part == Part.ALL_WIDER) {
            return WiderLayer.apply(model.graph(), plan, wanted, profile);
        }
        QuantPlan.Builder alone = plan.edit();
        Graph graph = model.graph();
        boolean others = part == Part.ALL_OTHERS;
        graph.nodes().stream().filter(node -> node.name().equals(wanted.name()) == others)
                .forEach(node -> alone.bits(node.name(), QuantPlan.FLOAT));
        boolean split = part == Part.WEIGHTS || part == Part.ACTIVATIONS;
        for (int i = 0; split && i < wanted.inputs().size(); i++) {
            if (wanted.isTensorInput(i) && graph.isParameter(wanted.input(i)) != (part == Part.WEIGHTS)) {
                alone.state(Slot.input(wanted.name(), i), SlotState.FP32);
            }
        }
        for (int i = 0; part == Part.WEIGHTS && i < wanted.outputs().size(); i++) {
            alone.state(Slot.output(wanted.name(), i), SlotState.FP32);
        }
        return alone.build();
    }
}
