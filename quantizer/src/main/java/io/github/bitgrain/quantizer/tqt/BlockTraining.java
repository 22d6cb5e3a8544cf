package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/** One block under training: its quantized nodes with a loss behind them, compiled once for every batch size. */
final class BlockTraining implements AutoCloseable {
    private static final String LOSS = "#loss";

    private final TqtBlock block;
    private final List<String> weights = new ArrayList<>();
    private final Map<Slot, String> alphas = new LinkedHashMap<>();
    private final Data data;
    private final Map<String, float[]> channelWeights;
    private final Map<String, Tensor> factors = new LinkedHashMap<>();
    private final LinkedHashMap<Integer, GradientExecutor> executors = new LinkedHashMap<>();
    /** Batches as the executors want them, as far as they may be kept. */
    private final Map<Integer, GradientExecutor.Batch> prepared = new HashMap<>();
    private final boolean keepsBatches;

    /**
     * What a block is trained on. A batch is asked for whenever it is needed, so that not all have to be in memory.
     *
     * @param extents number of samples of each batch
     * @param inputs what a batch brings to the block, quantized
     * @param targets what the float network gives for a batch
     * @param inMemory whether inputs and targets of all batches are in memory anyway
     */
    record Data(List<Integer> extents, IntFunction<Map<String, Tensor>> inputs, IntFunction<Map<String, Tensor>> targets, boolean inMemory) {
        /** The values around a block. */
        static Data of(TqtBlock block, Graph graph, Frontier original, Frontier quantized) {
            List<String> inputs = block.inputs(graph);
            return new Data(quantized.extents(), b -> quantized.values(inputs, b), b -> original.values(block.outputs(), b),
                    quantized.inMemory(inputs) && original.inMemory(block.outputs()));
        }
    }

    /**
     * Prepares a block.
     *
     * @param trainAlpha which thresholds may be trained, of slots with a scale of their own
     * @param channelWeights by result, how much the squared error of each channel (axis 1) counts; 1 for results that are not there
     */
    BlockTraining(QuantizedTwin twin, TqtBlock block, Map<String, Shape> shapes, Predicate<Slot> trainAlpha, Data data,
            Map<String, float[]> channelWeights, GradientExecutor.Storage storage) {
        this.block = block;
        this.data = data;
        this.channelWeights = channelWeights;
        Graph graph = graph(twin, block, shapes, channelWeights.keySet());
        collectTrained(twin, trainAlpha);
        Set<String> trained = new LinkedHashSet<>(weights);
        trained.addAll(alphas.values());
        for (int extent : data.extents()) {
            executors.computeIfAbsent(extent, key ->
                    new GradientExecutor(graph, twin.parameters(), extent, LOSS, trained, List.of(), storage, Kernels.floats()));
        }
        keepsBatches = data.inMemory()
                && data.extents().stream().mapToLong(extent -> executors.get(extent).preparedBytes()).sum() <= ActivationCache.LIMIT / 2;
    }

    private static String target(String value) {
        return value + "#target";
    }

    private static String factor(String value) {
        return value + "#factor";
    }

    private static String weighted(String value) {
        return value + "#weighted";
    }

    /** The root of the weight of its channel for every element. */
    private static Tensor factors(Shape shape, float[] weights) {
        Tensor factors = Tensor.zeros(shape);
        int inner = shape.size(Math.min(2, shape.rank()), shape.rank());
        for (int i = 0; i < factors.size(); i++) {
            factors.data()[i] = (float) Math.sqrt(weights[i / inner % weights.length]);
        }
        return factors;
    }

    /** Σ over the block's results of the mean squared difference to the target, both multiplied by their factors. */
    private static Graph graph(QuantizedTwin twin, TqtBlock block, Map<String, Shape> shapes, Set<String> weighted) {
        Graph part = Frontier.part(twin.graph(), shapes, block.nodes(), twin::expansion, block.outputs());
        Graph.Builder builder = part.edit();
        String sum = null;
        for (String output : block.outputs()) {
            String error = output + "#error";
            builder.input(target(output), shapes.get(output));
            List<String> compared = List.of(output, target(output));
            if (weighted.contains(output)) {
                builder.input(factor(output), shapes.get(output));
                compared.forEach(value -> builder.node(weighted(value), new Mul(), List.of(value, factor(output)), weighted(value)));
                compared = compared.stream().map(BlockTraining::weighted).toList();
            }
            builder.node(error, new MeanSquaredError(), compared, error);
            if (sum == null) {
                sum = error;
            } else {
                String next = sum + "+";
                builder.node(next, new Add(), List.of(sum, error), next);
                sum = next;
            }
        }
        String loss = sum;
        builder.nodes(renamed(builder.build().nodes(), loss));
        return builder.outputs(List.of(LOSS)).build();
    }

    private static List<Node> renamed(List<Node> nodes, String result) {
        return nodes.stream().map(node -> node.outputs().contains(result) ? node.withOutputs(List.of(LOSS)) : node).toList();
    }

    /**
     * ESP-PPQ's choice: every parameter of computing nodes and of Add and Mul, every other parameter that is quantized, and the
     * threshold of every slot that has a scale of its own. Bounds of Clip are not parameters here.
     */
    private void collectTrained(QuantizedTwin twin, Predicate<Slot> trainAlpha) {
        Set<String> found = new LinkedHashSet<>();
        for (Node node : block.nodes()) {
            boolean all = BlockBuilder.isComputing(node) || node.op() instanceof Add || node.op() instanceof Mul;
            for (int i = 0; i < node.inputs().size(); i++) {
                Slot slot = Slot.input(node.name(), i);
                if (!node.isTensorInput(i)) {
                    continue;
                }
                boolean parameter = twin.graph().isParameter(node.input(i));
                if (parameter && !(node.op() instanceof Clip) && (all || twin.plan().quantizes(slot))) {
                    found.add(node.input(i));
                }
                addAlpha(twin, slot, trainAlpha.test(slot));
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                Slot slot = Slot.output(node.name(), i);
                addAlpha(twin, slot, !node.outputs().get(i).isEmpty() && trainAlpha.test(slot));
            }
        }
        weights.addAll(found);
    }

    private void addAlpha(QuantizedTwin twin, Slot slot, boolean wanted) {
        if (wanted && twin.plan().has(slot) && twin.plan().isQuantized(slot.node()) && twin.plan().config(slot).state() == SlotState.ACTIVATED
                && !twin.plan().isLinked(slot)) {
            alphas.put(slot, FakeQuantization.alpha(slot));
        }
    }

    /** Names of the trained weights and biases. */
    List<String> weights() {
        return weights;
    }

    /** Names of the trained thresholds by slot. */
    Map<Slot, String> alphas() {
        return alphas;
    }

    /** Remembers all that training changes. */
    Parameters.Snapshot snapshot(Parameters parameters) {
        List<String> names = new ArrayList<>(weights);
        names.addAll(alphas.values());
        return parameters.snapshot(names);
    }

    /** Inputs and targets of a batch. */
    private Map<String, Tensor> batch(int index) {
        Map<String, Tensor> batch = new LinkedHashMap<>(data.inputs().apply(index));
        data.targets().apply(index).forEach((name, tensor) -> {
            batch.put(target(name), tensor);
            float[] weights = channelWeights.get(name);
            if (weights != null) {
                batch.put(factor(name), factors.computeIfAbsent(name + tensor.shape(), key -> factors(tensor.shape(), weights)));
            }
        });
        return batch;
    }

    /** Gradients of the last {@link #step}, by parameter; the same tensors always. */
    Map<String, Tensor> gradients() {
        return executors.firstEntry().getValue().gradients();
    }

    /** Loss and gradients of a batch. */
    float step(int index) {
        GradientExecutor executor = executorFor(index);
        float loss = keepsBatches ? executor.step(prepared(index)) : executor.step(batch(index));
        Map<String, Tensor> gradients = gradients();
        if (executor != executors.firstEntry().getValue()) {
            executor.gradients().forEach((name, tensor) ->
                    System.arraycopy(tensor.data(), 0, gradients.get(name).data(), 0, tensor.size()));
        }
        return loss;
    }

    private GradientExecutor executorFor(int index) {
        return executors.get(data.extents().get(index));
    }

    /** The same batches come again and again: their layout is changed once. */
    private GradientExecutor.Batch prepared(int index) {
        return prepared.computeIfAbsent(index, key -> executorFor(index).prepare(batch(index)));
    }

    /** Makes changes of what is not trained here take effect. */
    void refresh() {
        executors.values().forEach(GradientExecutor::refresh);
    }

    /** Mean loss of some batches. */
    double loss(List<Integer> which) {
        double sum = 0;
        for (int b : which) {
            sum += keepsBatches ? executorFor(b).loss(prepared(b)) : executorFor(b).loss(batch(b));
        }
        return sum / which.size();
    }

    @Override
    public void close() {
        executors.values().forEach(GradientExecutor::close);
    }
}
