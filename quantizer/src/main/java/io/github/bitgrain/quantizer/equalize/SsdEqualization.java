package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Equalization of two layers at a time that looks at what it does (esp-ppq: quantization/optim/ssd.py): four rules propose factors for
 * the channels between them; the one under which the quantized pair errs least is kept, if that is enough less than before.
 */
public final class SsdEqualization {
    /** As many as other choices between variants look at; ESP-PPQ takes up to 200. */
    private static final int SAMPLES = 32;
    private static final int RULES = 4;
    private static final float LARGEST_CROSS_LAYER = 10;
    private static final float LARGEST = 2;
    private static final float LARGEST_BEFORE_SHIFT = 8;
    private static final float LEAST_ACTIVATION = 0.01f;

    private final Graph graph;
    private final Parameters parameters;
    private final Map<String, Shape> shapes;
    private final SsdSetting setting;
    private final DataSource samples;
    private final int batch;
    private final Planner planner;
    private final int threads;

    /** Calibrates a part of the network. */
    @FunctionalInterface
    public interface Planner {
        /** The plan of a part for the samples at its input. */
        QuantPlan plan(Model part, Batches batches);
    }

    /**
     * What happened to a pair in one pass.
     *
     * @param upstream the layer that makes the channels
     * @param rule 0 to 3; −1: none was good enough, the pair is as it was
     * @param before mean squared error of the quantized pair
     * @param after that with the change that was kept
     */
    public record Step(String upstream, int rule, double before, double after) {}

    /**
     * An equalized network.
     *
     * @param model same float function, other weights
     * @param steps pass after pass, pair after pair
     */
    public record Result(Model model, List<Step> steps) {}

    private SsdEqualization(Model model, SsdSetting setting, DataSource samples, int batch, Planner planner, int threads) {
        graph = model.graph();
        parameters = model.parameters().copy();
        shapes = ShapeInference.infer(graph, parameters);
        this.setting = setting;
        this.samples = samples.range(0, Math.min(SAMPLES, samples.samples()));
        this.batch = batch;
        this.planner = planner;
        this.threads = threads;
    }

    /**
     * Equalizes.
     *
     * @param samples calibration samples; the first {@value #SAMPLES} are looked at
     * @param batch samples per run
     * @param planner how a pair would be quantized
     */
    public static Result apply(Model model, SsdSetting setting, DataSource samples, int batch, Planner planner, int threads) {
        SsdEqualization pass = new SsdEqualization(model, setting, samples, batch, planner, threads);
        List<Step> steps = pass.run();
        return new Result(new Model(model.graph(), pass.parameters), steps);
    }

    private List<Step> run() {
        List<LayerPairs.Pair> pairs = LayerPairs.of(graph, parameters, setting.optLevel(), List.of()).stream().filter(this::isChain).toList();
        if (setting.layerNorm()) {
            pairs.forEach(this::evenLayers);
        }
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < setting.iteration(); i++) {
            pairs.forEach(pair -> steps.add(improve(pair)));
        }
        return steps;
    }

    /** One layer, one way, one layer; and nobody sees the channels between. */
    private boolean isChain(LayerPairs.Pair pair) {
        Node first = pair.upstream().getFirst();
        return pair.upstream().size() == 1 && pair.downstream().size() == 1 && !graph.isOutput(first.output())
                && pair.relays().stream().noneMatch(relay -> graph.isOutput(relay.output())) && shapes.get(first.output()).rank() >= 2;
    }

    private void evenLayers(LayerPairs.Pair pair) {
        float up = largest(LayerEqualization.upstream(pair, parameters, false, 0));
        float down = largest(LayerEqualization.downstream(pair, parameters));
        if (up > 0 && down > 0) {
            float[] factor = new float[channels(pair)];
            Arrays.fill(factor, (float) Math.sqrt(down / up));
            LayerEqualization.rescale(pair, parameters, factor);
        }
    }

    private Step improve(LayerPairs.Pair pair) {
        Node first = pair.upstream().getFirst();
        Map<String, Tensor> seen = values(List.of(first.input(0), first.output()));
        Batches inputs = Batches.all(DataSource.of(Map.of(first.input(0), seen.get(first.input(0)))), batch);
        float[] activations = activations(seen.get(first.output()));
        double before = error(pair, inputs);
        int best = -1;
        double least = before;
        for (int rule = 0; rule < RULES; rule++) {
            Parameters.Snapshot weights = parameters.snapshot();
            LayerEqualization.rescale(pair, parameters, factors(rule, pair, activations));
            double after = error(pair, inputs);
            weights.restore();
            if (after < setting.lossThreshold() * before && after < least) {
                best = rule;
                least = after;
            }
        }
        if (best >= 0) {
            LayerEqualization.rescale(pair, parameters, factors(best, pair, activations));
        }
        return new Step(first.name(), best, before, least);
    }

    /** Factors of the channels: 0: both layers' ranges become equal; 1: small channels grow; 2, 3: where the next layer's weights allow it. */
    private float[] factors(int rule, LayerPairs.Pair pair, float[] activations) {
        float[] up = LayerEqualization.upstream(pair, parameters, false, 0);
        float[] down = LayerEqualization.downstream(pair, parameters);
        float[] factors = new float[up.length];
        if (rule == 0) {
            for (int c = 0; c < factors.length; c++) {
                factors[c] = up[c] == 0 || down[c] == 0 ? 1 : Math.clamp((float) Math.sqrt(down[c] / up[c]), 1 / LARGEST_CROSS_LAYER, LARGEST_CROSS_LAYER);
            }
            return factors;
        }
        float[] grow = room(up, 0);
        float[] growNext = room(down, 0);
        float[] growActivation = room(activations, LEAST_ACTIVATION);
        float smallest = Float.POSITIVE_INFINITY;
        for (int c = 0; c < factors.length; c++) {
            factors[c] = switch (rule) {
                case 1 -> Math.min(grow[c], growActivation[c]);
                case 2 -> Math.min(Math.min(grow[c], growActivation[c]) / growNext[c], LARGEST_BEFORE_SHIFT);
                default -> (float) Math.sqrt(growActivation[c] * Math.sqrt(grow[c] / growNext[c]));
            };
            smallest = Math.min(smallest, factors[c]);
        }
        for (int c = 0; rule > 1 && c < factors.length; c++) {
            factors[c] = Math.clamp(rule == 2 ? factors[c] / smallest : factors[c], 1, LARGEST);
        }
        return factors;
    }

    /** How far every channel may grow until it reaches the largest, ranges below a share of it lifted to that. */
    private float[] room(float[] ranges, float least) {
        float largest = Math.max(largest(ranges), least);
        float[] room = new float[ranges.length];
        for (int c = 0; c < room.length; c++) {
            room[c] = largest == 0 ? 1 : largest / Math.max(Math.max(ranges[c], least), (float) setting.channelRatio() * largest);
        }
        return room;
    }

    private static float largest(float[] ranges) {
        float largest = 0;
        for (float range : ranges) {
            largest = Math.max(largest, range);
        }
        return largest;
    }

    /** Largest positive value of every channel, averaged over samples: what is left of it behind an activation. */
    private static float[] activations(Tensor values) {
        int count = values.shape().dim(1);
        int inner = values.shape().size(2, values.shape().rank());
        int n = values.shape().dim(0);
        double[] sums = new double[count];
        for (int row = 0; row < n * count; row++) {
            float largest = 0;
            for (int i = row * inner; i < (row + 1) * inner; i++) {
                largest = Math.max(largest, values.data()[i]);
            }
            sums[row % count] += largest;
        }
        float[] means = new float[count];
        for (int c = 0; c < count; c++) {
            means[c] = (float) (sums[c] / n);
        }
        return means;
    }

    private int channels(LayerPairs.Pair pair) {
        return LayerEqualization.upstream(pair, parameters, false, 0).length;
    }

    /** Mean squared error of the pair's result, as it would be quantized. */
    private double error(LayerPairs.Pair pair, Batches inputs) {
        Node first = pair.upstream().getFirst();
        Node last = pair.downstream().getFirst();
        List<Node> nodes = graph.nodes().stream().filter(node -> node == first || node == last || pair.relays().contains(node)).toList();
        Graph part = Graph.builder(first.name()).input(first.input(0), shapes.get(first.input(0))).nodes(nodes).output(last.output()).build();
        Model real = new Model(part, parameters);
        QuantPlan plan = planner.plan(real, inputs);
        Model quantized = FakeQuantization.insert(real, plan);
        double sum = 0;
        long count = 0;
        try (Executor exact = executor(real, List.of(last.output())); Executor rounded = new Executor(quantized.graph(), quantized.parameters(),
                Executor.Options.defaults().threads(threads))) {
            for (int i = 0; i < inputs.count(); i++) {
                float[] f = exact.run(inputs.get(i)).values().iterator().next().data();
                float[] q = rounded.run(inputs.get(i)).values().iterator().next().data();
                for (int k = 0; k < f.length; k++) {
                    sum += ((double) q[k] - f[k]) * ((double) q[k] - f[k]);
                }
                count += f.length;
            }
        }
        return sum / count;
    }

    /** Values of the whole network as it is now, all samples behind each other. */
    private Map<String, Tensor> values(List<String> names) {
        List<String> made = names.stream().filter(name -> graph.producer(name) != null).toList();
        Map<String, List<Tensor>> batches = new LinkedHashMap<>();
        try (Executor executor = executor(new Model(graph, parameters), made)) {
            for (Map<String, Tensor> inputs : samples.batches(batch)) {
                Map<String, Tensor> results = executor.run(inputs);
                names.forEach(name -> batches.computeIfAbsent(name, key -> new ArrayList<>()).add(made.contains(name) ? results.get(name) : inputs.get(name)));
            }
        }
        Map<String, Tensor> whole = new LinkedHashMap<>();
        batches.forEach((name, parts) -> whole.put(name, joined(parts)));
        return whole;
    }

    private Executor executor(Model model, List<String> outputs) {
        return new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(outputs).threads(threads));
    }

    private static Tensor joined(List<Tensor> parts) {
        int count = parts.stream().mapToInt(Tensor::size).sum();
        int rows = parts.stream().mapToInt(part -> part.shape().dim(0)).sum();
        float[] values = new float[count];
        int at = 0;
        for (Tensor part : parts) {
            System.arraycopy(part.data(), 0, values, at, part.size());
            at += part.size();
        }
        return new Tensor(parts.getFirst().shape().with(0, rows), values);
    }
}
