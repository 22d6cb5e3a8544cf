package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.network.ApplicationHead;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.HeadedNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What loss and metric look at in the place of a network's outputs. Labels are about the whole network, so that its head, if it was cut off, is computed in
 * float behind every form of the body, and gradients go through it. Imitation is about what the chip gives: of several outputs each counts by its own
 * noise ÷ signal, as in threshold training.
 */
final class Answers {
    private static final String JOINED = "#answers";
    /** Signal power is no matter of many samples. */
    private static final int SAMPLES = 64;

    private final Model body;
    private final NetworkHead behind;
    private final boolean labelled;

    private Answers(Model body, NetworkHead behind, boolean labelled) {
        this.body = body;
        this.behind = behind;
        this.labelled = labelled;
    }

    /**
     * For losses with labels: what comes before a last Softmax of the whole network.
     *
     * @param head parts of the network if its head was cut off, or null
     */
    static Answers labelled(Model body, NetworkHead head) {
        return new Answers(body, head, true);
    }

    /**
     * For imitation: the output, or all of them in one row, scaled so that the mean of squared differences is the mean of their noise ÷ signal.
     *
     * @param samples inputs of the body
     */
    static Answers imitated(Model body, DataSource samples, int threads) {
        return new Answers(body, body.graph().outputs().size() == 1 ? null : joined(body, samples, threads), false);
    }

    private static NetworkHead joined(Model body, DataSource samples, int threads) {
        Map<String, Double> power = power(body, samples.range(0, Math.min(SAMPLES, samples.samples())), threads);
        Map<String, Shape> shapes = ShapeInference.infer(body.graph(), body.parameters(), 1);
        int values = body.graph().outputs().stream().mapToInt(output -> shapes.get(output).size()).sum();
        Names names = new Names(body);
        Graph.Builder graph = Graph.builder(body.graph().name()).versions(body.graph().irVersion(), body.graph().opset());
        Parameters parameters = new Parameters();
        List<String> rows = new ArrayList<>();
        for (String output : body.graph().outputs()) {
            double share = (double) values / shapes.get(output).size() / body.graph().outputs().size();
            String row = names.fresh(output + JOINED + "/row");
            String factor = names.fresh(output + JOINED + "/factor");
            String scaled = names.fresh(output + JOINED);
            parameters.put(factor, Tensor.scalar((float) Math.sqrt(power.get(output) == 0 ? share : share / power.get(output))));
            graph.input(output, shapes.get(output)).node(row, new Flatten(1), List.of(output), row).node(scaled, new Mul(), List.of(row, factor), scaled);
            rows.add(scaled);
        }
        String all = names.fresh(JOINED);
        return new NetworkHead(body, new Model(graph.node(all, new Concat(1), rows, all).outputs(List.of(all)).build(), parameters), List.of(all));
    }

    /** Output → mean of its squares. */
    private static Map<String, Double> power(Model body, DataSource samples, int threads) {
        Map<String, Double> power = new LinkedHashMap<>();
        try (Network network = new FloatNetwork(body, threads)) {
            for (Map<String, Tensor> batch : samples.batches(network.batch())) {
                network.run(batch).forEach((output, tensor) -> {
                    double sum = 0;
                    for (float value : tensor.data()) {
                        sum += (double) value * value;
                    }
                    power.merge(output, sum / samples.samples() / network.outputs().get(output).size(), Double::sum);
                });
            }
        }
        return power;
    }

    /** Whether one output answers, and not several in one row. */
    boolean isOne() {
        return labelled || behind == null;
    }

    /** The answers of the float network. */
    Model ofFloat() {
        return of(body);
    }

    /** The answers of a form of the body, as the first output. */
    Model of(Model form) {
        Model whole = behind == null ? form : behind.behind(form);
        return labelled ? beforeSoftmax(whole) : whole;
    }

    /** The answers of the simulated chip, as the first output, in the network's order of axes. Closing it closes the chip's. */
    Network of(Network chip, LoweredModel lowered, int threads) {
        Map<String, List<Integer>> axes = ApplicationHead.axes(lowered);
        NetworkHead end = behind == null ? same() : behind;
        return new HeadedNetwork(chip, new FloatNetwork(ApplicationHead.reading(end.head(), axes), threads), end.outputs());
    }

    /** The first output as it is. */
    private NetworkHead same() {
        String output = body.graph().outputs().getFirst();
        Shape shape = ShapeInference.infer(body.graph(), body.parameters(), 1).get(output);
        Graph graph = Graph.builder(body.graph().name()).versions(body.graph().irVersion(), body.graph().opset()).input(output, shape)
                .node(JOINED, new Identity(), List.of(output), JOINED).outputs(List.of(JOINED)).build();
        return new NetworkHead(body, new Model(graph, new Parameters()), List.of(JOINED));
    }

    /** Cross entropy takes logits: what comes before a last Softmax, which changes no class. */
    static Model beforeSoftmax(Model model) {
        Graph graph = model.graph();
        Node maker = graph.producer(graph.outputs().getFirst());
        while (maker != null && maker.op() instanceof FakeQuant) {
            maker = graph.producer(maker.input(0));
        }
        if (maker == null || !(maker.op() instanceof Softmax) && !(maker.op() instanceof LogSoftmax)) {
            return model;
        }
        List<String> outputs = List.of(maker.input(0));
        return new Model(graph.edit().outputs(outputs).nodes(graph.needed(outputs)).build(), model.parameters());
    }
}
