package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.EnumMap;
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

    /**
     * The error at the network's outputs with everything quantized; its node is the graph's name.
     *
     * @param quantized network whose weights are quantized: {@link #model}, or the same graph with corrected weights and biases
     */
    public LayerError whole(Model quantized, QuantPlan plan) {
        return error(model.graph().name(), FakeQuantization.insert(quantized, plan), results());
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
        return layerwise(model, plan, false, List.of(Part.LAYER)).get(Part.LAYER);
    }

    /**
     * The errors at the network's outputs when parts of the network are quantized, for each computing layer, in graph order. Biases that
     * quantization corrected are corrected anew for each part ({@link PartialQuantization}).
     *
     * @param quantized network whose weights are quantized: {@link #model}, or the same graph with corrected weights and biases
     * @param learnedRounding whether its weights were trained to which side they are rounded
     */
    public Map<Part, List<LayerError>> layerwise(Model quantized, QuantPlan plan, boolean learnedRounding, List<Part> parts) {
        List<Map<String, Tensor>> real = results();
        PartialQuantization partial = new PartialQuantization(model, quantized, plan, learnedRounding, samples, threads, profile);
        Map<Part, List<LayerError>> errors = new EnumMap<>(Part.class);
        for (Part part : parts) {
            errors.put(part, computing(plan).stream().map(node -> error(node.name(), partial.of(node, part), real)).toList());
        }
        return errors;
    }

    /** The float network's results, a map for each sample. */
    private List<Map<String, Tensor>> results() {
        List<Map<String, Tensor>> real = new ArrayList<>();
        try (Executor reference = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().threads(threads))) {
            samples.batches(1).forEach(sample -> real.add(reference.run(sample)));
        }
        return real;
    }

    private LayerError error(String name, Model simulated, List<Map<String, Tensor>> real) {
        LayerError.Sum sum = new LayerError.Sum();
        try (Executor simulator = new Executor(simulated.graph(), simulated.parameters(), Executor.Options.defaults().threads(threads))) {
            int index = 0;
            for (Map<String, Tensor> sample : samples.batches(1)) {
                Map<String, Tensor> expected = real.get(index++);
                simulator.run(sample).forEach((output, tensor) -> add(sum, tensor, expected.get(output)));
            }
        }
        return sum.mean(name);
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
}
