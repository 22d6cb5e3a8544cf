package io.github.bitgrain.quantizer.analyze;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis.Part;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import io.github.bitgrain.quantizer.plan.WiderLayer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Networks of which one layer alone, or everything but one layer, is quantized, made from a network whose quantization may have
 * corrected biases and weights.
 *
 * <p>A corrected bias makes up for the mean error of its own layer and of all before it. It belongs to the network with everything
 * quantized: where everything else is in float it would make up for errors that are not there, and without any correction a layer shows
 * a mean error that is never shipped. So layers in float have their parameters from before, and the layer that is looked at has them
 * too, with its bias corrected anew for what it meets here: the mean of each channel becomes that of the float network where the layer
 * alone is quantized, and that of the quantized network where everything else is. Layers behind it keep their corrections: correcting
 * them anew comes no nearer to what quantization makes of such a network (docs/analyze.md has figures).
 *
 * <p>Weights whose rounding was learned stay as learned while the layer keeps its bits. Where nothing was corrected, as in ESP-PPQ's
 * analysis, only the plan differs.
 */
final class PartialQuantization {
    private final Model original;
    private final Graph graph;
    private final Model quantized;
    private final QuantPlan plan;
    private final boolean learnedRounding;
    private final DataSource samples;
    private final int threads;
    private final Profile profile;
    private final Map<String, Node> corrected = new LinkedHashMap<>();
    /** Channel means of the corrected nodes' own results, in the float and in the quantized network. */
    private final Map<String, double[]> floatMeans;
    private final Map<String, double[]> quantizedMeans;

    /**
     * @param original float network after the graph passes
     * @param quantized the same graph with the weights and biases that belong to the plan
     * @param learnedRounding whether weights were trained to which side they are rounded
     * @param samples means are taken over these, one at a time
     * @param profile by whose rules a layer gets 16 bits
     */
    PartialQuantization(Model original, Model quantized, QuantPlan plan, boolean learnedRounding, DataSource samples, int threads, Profile profile) {
        this.original = original;
        this.graph = original.graph();
        this.quantized = quantized;
        this.plan = plan;
        this.learnedRounding = learnedRounding;
        this.samples = samples;
        this.threads = threads;
        this.profile = profile;
        for (Node node : graph.nodes()) {
            if (OperatorTraits.hasBias(node.op()) && node.hasInput(2) && graph.isParameter(node.input(2)) && differs(node.input(2))) {
                corrected.put(node.name(), node);
            }
        }
        floatMeans = means(original, Node::output);
        quantizedMeans = means(FakeQuantization.insert(quantized, plan), node -> FakeQuantization.raw(node, plan));
    }

    private boolean differs(String parameter) {
        return !Arrays.equals(original.parameters().get(parameter).data(), quantized.parameters().get(parameter).data());
    }

    /** The network with its fake quantization, ready to run. */
    Model of(Node layer, Part part) {
        QuantPlan partial = partial(layer, part);
        boolean others = part == Part.ALL_OTHERS || part == Part.ALL_WIDER;
        Parameters parameters = (others ? quantized : original).parameters().shallowCopy();
        boolean learned = learnedRounding && !others;
        for (int i = 0; i < layer.inputs().size(); i++) {
            if (graph.isParameter(layer.input(i))) {
                parameters.put(layer.input(i), (learned && i == 1 ? quantized : original).parameters().get(layer.input(i)));
            }
        }
        Model model = new Model(graph, parameters);
        if (corrected.containsKey(layer.name())) {
            correct(model, layer, partial, (others ? quantizedMeans : floatMeans).get(layer.name()));
        }
        return FakeQuantization.insert(model, partial);
    }

    /** Moves the layer's bias so that the channels of its own result have these means. */
    private void correct(Model model, Node layer, QuantPlan partial, double[] wanted) {
        String raw = FakeQuantization.raw(layer, partial);
        double[] found = means(FakeQuantization.insert(model, partial), Map.of(layer.name(), raw)).get(layer.name());
        Tensor bias = model.parameters().get(layer.input(2)).copy();
        for (int c = 0; c < wanted.length; c++) {
            bias.data()[c] += (float) (wanted[c] - found[c]);
        }
        model.parameters().put(layer.input(2), bias);
    }

    private Map<String, double[]> means(Model model, Function<Node, String> value) {
        Map<String, String> values = new LinkedHashMap<>();
        corrected.values().forEach(node -> values.put(node.name(), value.apply(node)));
        return means(model, values);
    }

    /** Channel means of values, by the names of their nodes. */
    private Map<String, double[]> means(Model model, Map<String, String> values) {
        Map<String, double[]> means = new HashMap<>();
        if (values.isEmpty()) {
            return means;
        }
        Map<String, ChannelMoments> moments = new HashMap<>();
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(List.copyOf(values.values()));
        try (Executor executor = new Executor(model.graph(), model.parameters(), options)) {
            for (Map<String, Tensor> sample : samples.batches(1)) {
                Map<String, Tensor> results = executor.run(sample);
                values.forEach((node, value) -> {
                    Tensor result = results.get(value);
                    int channels = result.shape().dim(1);
                    moments.computeIfAbsent(node, name -> new ChannelMoments(channels)).add(result, 0, channels);
                });
            }
        }
        moments.forEach((node, found) -> means.put(node, found.means()));
        return means;
    }

    /** The plan with everything in float but the part. */
    private QuantPlan partial(Node wanted, Part part) {
        if (part == Part.ALL_WIDER) {
            return WiderLayer.apply(graph, plan, wanted, profile);
        }
        QuantPlan.Builder alone = plan.edit();
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
