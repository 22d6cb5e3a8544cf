package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Trains, block by block and under exponents that stay, to which side every weight is rounded (Nagel et al. 2020; esp-ppq:
 * quantization/optim/legacy.py, AdaroundPass).
 *
 * <p>In ESP-PPQ the regularizer never sees a step beyond the first, so that it is zero, roundings stay between the sides, and a block is
 * judged with weights that no chip has; only then is it rounded. The improved form pushes every rounding to a side, and judges rounded
 * weights on batches that trained nothing.
 */
final class AdaRound {
    /**
     * Weight of the regularizer: to have every rounding undecided costs ten times what rounding all to the nearer side does. With one
     * time, a third of them end between the sides, and what rounds them then is chance.
     */
    private static final double DECISIVENESS = 10;
    /** The regularizer begins after this share of the steps. */
    private static final double WARM_UP = 0.2;
    private static final double FIRST_BETA = 20;
    private static final double LAST_BETA = 2;

    private final QuantizedTwin twin;
    private final AdaRoundSetting setting;
    private final boolean parity;
    private final TqtListener listener;
    private final int threads;
    private final Graph graph;
    private final Map<String, Shape> shapes;
    private int roundings;
    private int decided;

    AdaRound(QuantizedTwin twin, AdaRoundSetting setting, boolean parity, TqtListener listener, int threads) {
        this.twin = twin;
        this.setting = setting;
        this.parity = parity;
        this.listener = listener;
        this.threads = threads;
        this.graph = twin.graph();
        this.shapes = ShapeInference.infer(graph, twin.original().parameters());
    }

    /**
     * Trains the twin's weights.
     *
     * @param trained batches that train
     * @param deciding batches that judge; they may be the same
     */
    List<BlockReport> run(List<Map<String, Tensor>> trained, List<Map<String, Tensor>> deciding) {
        List<Map<String, Tensor>> batches = new ArrayList<>(trained);
        if (trained != deciding) {
            batches.addAll(deciding);
        }
        List<Integer> judges = IntStream.range(trained == deciding ? 0 : trained.size(), batches.size()).boxed().toList();
        List<TqtBlock> blocks = BlockWalk.blocks(twin, setting.blockSize(), setting.interestedLayers());
        List<BlockReport> reports = new ArrayList<>();
        try (Frontier original = BlockWalk.original(twin, shapes, batches, setting.collecting(), threads);
                Frontier quantized = BlockWalk.quantized(twin, shapes, batches, setting.collecting(), threads);
                GradientExecutor.Storage storage = new GradientExecutor.Storage(threads)) {
            BlockWalk.over(graph, blocks, original, quantized, (block, number) -> reports.add(
                    train(block, number, blocks.size(), BlockTraining.Data.of(block, graph, original, quantized), trained.size(), judges, storage)));
        }
        return reports;
    }

    /** Share of the roundings that training left at a side, before all were put there. */
    double decided() {
        return roundings == 0 ? 1 : (double) decided / roundings;
    }

    /** Slots of the block's parameters that are rounded under exponents of their own. */
    private List<Slot> rounded(TqtBlock block) {
        List<Slot> slots = new ArrayList<>();
        for (Node node : block.nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Slot slot = Slot.input(node.name(), i);
                if (node.isTensorInput(i) && twin.isParameter(slot) && twin.plan().quantizes(slot)
                        && twin.plan().config(slot).state() == SlotState.ACTIVATED) {
                    slots.add(slot);
                }
            }
        }
        return slots;
    }

    /** The same network with the block's weights as they are, unrounded. */
    private QuantizedTwin softTwin(List<Slot> slots) {
        QuantPlan.Builder plan = twin.plan().edit();
        slots.forEach(slot -> plan.state(slot, SlotState.FP32));
        return new QuantizedTwin(new Model(graph, twin.weights()), plan.build(), parity);
    }

    private BlockReport train(TqtBlock block, int number, int blocks, BlockTraining.Data data, int trained, List<Integer> judges,
            GradientExecutor.Storage storage) {
        List<Slot> slots = rounded(block);
        List<String> names = slots.stream().map(twin::value).toList();
        double before = loss(twin, block, data, judges, storage);
        float[] losses = {};
        double after = before;
        boolean accepted = true;
        if (!slots.isEmpty()) {
            QuantizedTwin soft = softTwin(slots);
            List<SoftRounding> tensors = slots.stream().map(slot ->
                    new SoftRounding(twin.parameters().get(twin.value(slot)), twin.plan().config(slot), twin.plan().exponents(slot))).toList();
            List<String> biases = new ArrayList<>();
            double softLoss;
            try (BlockTraining training = new BlockTraining(soft, block, shapes, slot -> false, data, Map.of(), storage)) {
                if (setting.scaleTrainable()) {
                    block.nodes().stream().filter(node -> BiasCorrection.hasBias(graph, node)).forEach(node -> biases.add(node.input(2)));
                }
                losses = train(block, number, blocks, training, soft, names, tensors, biases, trained);
                for (int t = 0; t < tensors.size(); t++) {
                    tensors.get(t).soft(soft.parameters().get(names.get(t)).data());
                }
                training.refresh();
                softLoss = parity ? training.loss(judges) : 0;
            }
            List<String> changed = new ArrayList<>(names);
            changed.addAll(biases);
            Parameters.Snapshot backup = twin.parameters().snapshot(changed);
            for (int t = 0; t < tensors.size(); t++) {
                tensors.get(t).hard(twin.parameters().get(names.get(t)).data());
                roundings += tensors.get(t).variables().size();
                decided += tensors.get(t).decided();
            }
            biases.forEach(name -> System.arraycopy(soft.parameters().get(name).data(), 0, twin.parameters().get(name).data(), 0,
                    soft.parameters().get(name).size()));
            after = parity ? softLoss : loss(twin, block, data, judges, storage);
            accepted = after <= before;
            if (!accepted) {
                backup.restore();
            }
        }
        return new BlockReport(block.name(), block.end().name(), block.nodes().stream().map(Node::name).toList(), before, after, accepted, losses);
    }

    private float[] train(TqtBlock block, int number, int blocks, BlockTraining training, QuantizedTwin soft, List<String> names,
            List<SoftRounding> tensors, List<String> biases, int batches) {
        Parameters trained = new Parameters();
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        int count = 0;
        for (int t = 0; t < tensors.size(); t++) {
            trained.put(names.get(t), tensors.get(t).variables());
            gradients.put(names.get(t), Tensor.zeros(tensors.get(t).variables().shape()));
            count += tensors.get(t).variables().size();
        }
        for (String bias : biases) {
            trained.put(bias, soft.parameters().get(bias));
            gradients.put(bias, training.gradients().get(bias));
        }
        float factor = factor(training, soft, names, tensors, batches, count);
        return new TrainingLoop(step -> {
            for (int t = 0; t < tensors.size(); t++) {
                tensors.get(t).soft(soft.parameters().get(names.get(t)).data());
            }
            return training.step(step % batches);
        }, new Adam(trained, gradients, List.of(new Optimizer.Group(List.copyOf(gradients.keySet()), Schedule.constant(setting.lr())))))
                .beforeUpdate(step -> {
                    boolean warm = parity || step < WARM_UP * setting.steps();
                    for (int t = 0; t < tensors.size(); t++) {
                        tensors.get(t).gradient(training.gradients().get(names.get(t)).data(), factor,
                                warm ? 0 : (float) (DECISIVENESS * setting.gamma()), beta(step), gradients.get(names.get(t)).data());
                    }
                })
                .listener((step, loss) -> {
                    listener.step(number, blocks, block.name(), step + 1, setting.steps(), loss);
                    return true;
                })
                .run(setting.steps())
                .losses();
    }

    /** Falls along half a cosine: first only roundings that are nearly at a side are pushed there, in the end all. */
    private float beta(int step) {
        double done = Math.max(0, (step - WARM_UP * setting.steps()) / ((1 - WARM_UP) * setting.steps()));
        return (float) (LAST_BETA + 0.5 * (FIRST_BETA - LAST_BETA) * (1 + Math.cos(done * Math.PI)));
    }

    /**
     * What the squared error counts beside the regularizer. Improved: as if every weight rounded to the nearer side cost one, so that the
     * balance depends neither on the units of the block's results nor on their number.
     */
    private float factor(BlockTraining training, QuantizedTwin soft, List<String> names, List<SoftRounding> tensors, int batches, int count) {
        if (parity) {
            return 1;
        }
        for (int t = 0; t < tensors.size(); t++) {
            tensors.get(t).hard(soft.parameters().get(names.get(t)).data());
        }
        training.refresh();
        double nearest = training.loss(IntStream.range(0, batches).boxed().toList());
        return nearest > 0 ? (float) (count / nearest) : 1;
    }

    private double loss(QuantizedTwin of, TqtBlock block, BlockTraining.Data data, List<Integer> batches, GradientExecutor.Storage storage) {
        try (BlockTraining training = new BlockTraining(of, block, shapes, slot -> false, data, Map.of(), storage)) {
            return training.loss(batches);
        }
    }
}
