package io.github.bitgrain.cli.report;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks at every tensor that a plan quantizes: what values arrive there while everything before it is quantized, and how many
 * of them its exponent cannot hold.
 */
final class TensorSurvey {
    /** Enough to see a shape; each costs a few bytes of the page. */
    private static final int BINS = 64;
    private static final int WEIGHTS = 1;
    /** A limit within this factor of the farthest value is shown in the histogram. */
    private static final double NEARBY = 2;

    /** One tensor while it is looked at. */
    private static final class Entry {
        private final String name;
        private final String node;
        private final TensorFigures.Role role;
        private final SlotConfig config;
        private final Exponents exponents;
        private final boolean activation;
        private final int channelAxis;
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;
        private double from;
        private double to;
        private long seen;
        private double sum;
        private double deviation;
        private double noise;
        private double signal;
        private long values;
        private long clipped;
        private Double imbalance;
        private final long[] counts = new long[BINS];

        Entry(String name, Node node, TensorFigures.Role role, SlotConfig config, Exponents exponents, boolean activation,
                int channelAxis) {
            this.activation = activation;
            this.channelAxis = channelAxis;
            this.name = name;
            this.node = node.name();
            this.role = role;
            this.config = config;
            this.exponents = exponents;
        }

        void range(Tensor tensor) {
            for (float value : tensor.data()) {
                min = Math.min(min, value);
                max = Math.max(max, value);
                sum += value;
            }
            seen += tensor.size();
        }

        /** Compares the output channels of weights. */
        void compareChannels(Tensor weights) {
            Shape shape = weights.shape();
            if (channelAxis < 0 || channelAxis >= shape.rank()) {
                return;
            }
            double[] largest = new double[shape.dim(channelAxis)];
            int inner = shape.size(channelAxis + 1, shape.rank());
            for (int i = 0; i < weights.size(); i++) {
                int channel = i / inner % largest.length;
                largest[channel] = Math.max(largest[channel], Math.abs(weights.data()[i]));
            }
            Arrays.sort(largest);
            double median = largest[largest.length / 2];
            imbalance = median > 0 ? largest[largest.length - 1] / median : null;
        }

        private double mean() {
            return sum / seen;
        }

        void chooseBins() {
            from = min < 0 && low() >= NEARBY * min ? Math.min(min, low()) : min;
            to = max > 0 && high() <= NEARBY * max ? Math.max(max, high()) : max;
        }

        void count(Tensor tensor) {
            Shape shape = tensor.shape();
            int channels = exponents.count();
            int inner = 1;
            for (int axis = config.axis() + 1; channels > 1 && axis < shape.rank(); axis++) {
                inner *= shape.dim(axis);
            }
            double perBin = to > from ? BINS / (to - from) : 0;
            float[] data = tensor.data();
            double mean = mean();
            for (int i = 0; i < data.length; i++) {
                int exponent = exponents.get(i / inner % channels);
                double integer = config.rounding().round(Math.scalb((double) data[i], -exponent));
                if (integer < config.qmin() || integer > config.qmax()) {
                    clipped++;
                }
                double error = Math.scalb(Math.clamp(integer, (double) config.qmin(), (double) config.qmax()), exponent) - data[i];
                noise += error * error;
                signal += (double) data[i] * data[i];
                deviation += (data[i] - mean) * (data[i] - mean);
                counts[Math.clamp((int) ((data[i] - from) * perBin), 0, BINS - 1)]++;
            }
            values += data.length;
        }

        private double low() {
            return Math.scalb((double) config.qmin(), exponents.max());
        }

        private double high() {
            return Math.scalb((double) config.qmax(), exponents.max());
        }

        TensorFigures figures() {
            return new TensorFigures(name, node, role, config.bits(), List.of(exponents.min(), exponents.max()), exponents.count(), low(), high(),
                    min, max, mean(), Math.sqrt(deviation / values), signal > 0 ? noise / signal : 0, imbalance, values, clipped, activation, from, to, counts);
        }
    }

    private final Model model;
    private final QuantPlan plan;
    private final Map<String, List<Entry>> activations = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();

    private TensorSurvey(Model model, QuantPlan plan, Graph reference) {
        this.model = model;
        this.plan = plan;
        Set<List<Object>> known = new LinkedHashSet<>();
        for (Node node : model.graph().nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Slot slot = Slot.input(node.name(), i);
                if (node.isTensorInput(i) && quantizes(slot)) {
                    String value = node.input(i);
                    boolean parameter = model.graph().isParameter(value);
                    add(known, new Entry(value, node, parameter ? TensorFigures.Role.PARAMETER : TensorFigures.Role.INPUT, plan.config(slot),
                            plan.exponents(slot), false, parameter && i == WEIGHTS ? OperatorTraits.weightAxis(node.op()) : -1),
                            parameter ? null : value);
                }
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                Slot slot = Slot.output(node.name(), i);
                String value = node.outputs().get(i);
                if (!value.isEmpty() && quantizes(slot)) {
                    add(known, new Entry(value, node, TensorFigures.Role.RESULT, plan.config(slot), plan.exponents(slot),
                            !reference.producer(value).name().equals(node.name()), -1), FakeQuantization.raw(value));
                }
            }
        }
    }

    /**
     * The tensors of a quantized network, in graph order.
     *
     * @param reference the network before training, which may have activations that {@code model} leaves to saturation
     * @param samples samples to run, one at a time
     */
    static List<TensorFigures> of(Model model, QuantPlan plan, Graph reference, DataSource samples, int threads) {
        return new TensorSurvey(model, plan, reference).look(samples, threads);
    }

    private boolean quantizes(Slot slot) {
        return plan.isQuantized(slot.node()) && plan.quantizes(slot);
    }

    /** Consumers that round a value alike are one entry. */
    private void add(Set<List<Object>> known, Entry entry, String activation) {
        if (!known.add(List.of(entry.name, entry.role, entry.exponents, entry.config.bits()))) {
            return;
        }
        entries.add(entry);
        if (activation != null) {
            activations.computeIfAbsent(activation, name -> new ArrayList<>()).add(entry);
        }
    }

    private List<TensorFigures> look(DataSource samples, int threads) {
        for (Entry entry : entries) {
            if (entry.role == TensorFigures.Role.PARAMETER) {
                Tensor tensor = model.parameters().get(entry.name);
                entry.range(tensor);
                entry.chooseBins();
                entry.count(tensor);
                entry.compareChannels(tensor);
            }
        }
        if (!activations.isEmpty()) {
            lookAtActivations(samples, threads);
        }
        return entries.stream().map(Entry::figures).toList();
    }

    /** Twice over the samples: the bins need the range. */
    private void lookAtActivations(DataSource samples, int threads) {
        Model simulated = FakeQuantization.insert(model, plan);
        List<String> computed = activations.keySet().stream().filter(name -> !simulated.graph().inputs().containsKey(name)).toList();
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(computed);
        try (Executor executor = new Executor(simulated.graph(), simulated.parameters(), options)) {
            for (boolean counting : new boolean[] {false, true}) {
                for (Map<String, Tensor> sample : samples.batches(1)) {
                    Map<String, Tensor> values = new LinkedHashMap<>(sample);
                    values.putAll(computed.isEmpty() ? Map.of() : executor.run(sample));
                    activations.forEach((name, list) -> list.forEach(entry -> {
                        if (counting) {
                            entry.count(values.get(name));
                        } else {
                            entry.range(values.get(name));
                        }
                    }));
                }
                activations.values().forEach(list -> list.forEach(Entry::chooseBins));
            }
        }
    }
}
