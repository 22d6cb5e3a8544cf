package io.github.bitgrain.benchmarks.pytorch;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.tqt.BlockBuilder;
import io.github.bitgrain.quantizer.tqt.TqtBlock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A network calibrated under the profile {@code parity} and cut into the blocks that ESP-PPQ trains. */
final class CalibratedNetwork {
    /** ESP-PPQ's tutorials and its recorded runs have it. */
    private static final int BLOCK_SIZE = 2;

    private final Model model;
    private final QuantPlan plan;
    private final Model quantized;
    private final Map<String, Shape> shapes;
    private final List<Map<String, Tensor>> batches = new ArrayList<>();

    /**
     * Calibrates.
     *
     * @param samples those that calibrate and train
     * @param batch samples of a batch
     */
    CalibratedNetwork(Model network, DataSource samples, Target target, int batch) {
        QuantizationOptions options = QuantizationOptions.plain(target, Profile.PARITY).calibBatch(batch).threads(1).build();
        QuantizationResult calibrated = Bitgrain.calibrate(network, samples, options, QuantizationListener.NONE);
        model = calibrated.model();
        plan = calibrated.plan();
        quantized = FakeQuantization.insert(model, plan);
        shapes = ShapeInference.infer(model.graph(), model.parameters());
        samples.batches(batch).forEach(batches::add);
    }

    /** The blocks, in order. */
    List<TqtBlock> blocks() {
        return new BlockBuilder(model.graph()).build(node -> plan.isQuantized(node.name()), BLOCK_SIZE);
    }

    /** A block with the values around it, as before any training. */
    TrainedBlock prepare(TqtBlock block) {
        Graph.Builder graph = Graph.builder(block.name()).outputs(block.outputs());
        List<String> inputs = block.inputs(model.graph());
        inputs.forEach(input -> graph.input(input, shapes.get(input)));
        block.nodes().forEach(node -> FakeQuantization.expand(node, plan).forEach(graph::node));
        return new TrainedBlock(graph.build(), quantized.parameters(), weights(block), alphas(block), values(quantized, inputs),
                values(model, block.outputs()));
    }

    private List<Map<String, Tensor>> values(Model network, List<String> names) {
        try (Executor executor = new Executor(network.graph(), network.parameters(), Executor.Options.defaults().outputs(names))) {
            return batches.stream().map(executor::run).toList();
        }
    }

    /** All parameters of nodes with weights and of Add and Mul, and every other one that is quantized; bounds of Clip are none. */
    private List<String> weights(TqtBlock block) {
        Set<String> weights = new LinkedHashSet<>();
        for (Node node : block.nodes()) {
            boolean all = BlockBuilder.isComputing(node) || node.op() instanceof Add || node.op() instanceof Mul;
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i) && model.graph().isParameter(node.input(i)) && !(node.op() instanceof Clip)
                        && (all || plan.quantizes(Slot.input(node.name(), i)))) {
                    weights.add(node.input(i));
                }
            }
        }
        return List.copyOf(weights);
    }

    /** The thresholds of all operands with a scale of their own. */
    private List<String> alphas(TqtBlock block) {
        List<String> alphas = new ArrayList<>();
        for (Node node : block.nodes()) {
            List<Slot> slots = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i)) {
                    slots.add(Slot.input(node.name(), i));
                }
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                slots.add(Slot.output(node.name(), i));
            }
            slots.stream().filter(slot -> plan.has(slot) && plan.quantizes(slot) && !plan.isLinked(slot)
                    && plan.config(slot).state() == SlotState.ACTIVATED).map(FakeQuantization::alpha).forEach(alphas::add);
        }
        return alphas;
    }
}
