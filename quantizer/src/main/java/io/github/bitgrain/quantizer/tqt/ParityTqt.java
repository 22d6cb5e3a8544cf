package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * ESP-PPQ's TQT pass (quantization/optim/training.py), number by number: block after block, the whole loader cached, one Adam
 * for weights, biases and thresholds, step t on batch t mod N, kept when the loss over all batches has not grown. Bias and
 * aligned scales stay as they were until the end. Differs in that every part of the network runs once per batch instead of
 * once per block, and in that blocks come in topological order.
 */
final class ParityTqt {
    private final QuantizedTwin twin;
    private final TqtSetting setting;
    private final TqtListener listener;
    private final int threads;
    private final FloatKernels kernels = Kernels.floats();
    private final Map<String, Shape> shapes;
    /** Sees the gradients of every step as the optimizer gets them. */
    Consumer<Map<String, Tensor>> probe = gradients -> { };

    /** Trains a twin from the state it is in. */
    ParityTqt(QuantizedTwin twin, TqtSetting setting, TqtListener listener, int threads) {
        this.twin = twin;
        this.setting = setting;
        this.listener = listener;
        this.threads = threads;
        this.shapes = ShapeInference.infer(twin.graph(), twin.original().parameters());
    }

    TqtResult run(List<Map<String, Tensor>> batches) {
        Graph graph = twin.graph();
        QuantPlan before = twin.plan();
        List<TqtBlock> blocks = BlockWalk.blocks(twin, setting.blockSize(), setting.interestedLayers());
        List<BlockReport> reports = new ArrayList<>();
        try (Frontier original = BlockWalk.original(twin, shapes, batches, setting.collecting(), threads);
                Frontier quantized = BlockWalk.quantized(twin, shapes, batches, setting.collecting(), threads);
                GradientExecutor.Storage storage = new GradientExecutor.Storage(threads)) {
            BlockWalk.over(graph, blocks, original, quantized, (block, number) ->
                    reports.add(train(block, number, blocks.size(), original, quantized, batches.size(), storage)));
        }
        twin.setPlan(twin.plan());
        return new TqtResult(twin.current(), twin.plan(), reports, moved(before, twin.plan()), twin.original(), List.of());
    }

    private BlockReport train(TqtBlock block, int number, int blocks, Frontier original, Frontier quantized, int batches, GradientExecutor.Storage storage) {
        BlockTraining.Data data = BlockTraining.Data.of(block, twin.graph(), original, quantized);
        try (BlockTraining training = new BlockTraining(twin, block, shapes, slot -> setting.scaleTrainable(), data, Map.of(), storage)) {
            List<Integer> all = IntStream.range(0, batches).boxed().toList();
            Parameters.Snapshot backup = training.snapshot(twin.parameters());
            double pre = training.loss(all);
            List<String> names = new ArrayList<>(training.weights());
            names.addAll(training.alphas().values());
            Adam adam = new Adam(twin.parameters(), training.gradients(),
                    List.of(new Optimizer.Group(names, Schedule.constant(setting.lr()))));
            TrainingLoop.History history = new TrainingLoop(step -> training.step(step % batches), adam)
                    .beforeUpdate(step -> {
                        addRegularizers(block, training);
                        probe.accept(training.gradients());
                    })
                    .listener((step, loss) -> {
                        listener.step(number, blocks, block.name(), step + 1, setting.steps(), loss);
                        return true;
                    })
                    .run(setting.steps());
            double post = training.loss(all);
            boolean accepted = post <= pre;
            if (accepted) {
                settle(training);
            } else {
                backup.restore();
            }
            return new BlockReport(block.name(), block.end().name(), block.nodes().stream().map(Node::name).toList(), pre, post, accepted, history.losses());
        }
    }

    /** Adds the gradients of int_lambda · Σ mean((α − round(α))²) and of gamma · Σ MSE(W, Q(W)). */
    private void addRegularizers(TqtBlock block, BlockTraining training) {
        if (setting.intLambda() != 0) {
            for (String name : training.alphas().values()) {
                float[] alpha = twin.parameters().get(name).data();
                float[] gradient = training.gradients().get(name).data();
                for (int i = 0; i < alpha.length; i++) {
                    gradient[i] += (float) (setting.intLambda() * 2 / alpha.length) * (alpha[i] - Rounding.HALF_EVEN.round(alpha[i]));
                }
            }
        }
        if (setting.gamma() != 0) {
            block.nodes().stream().filter(BlockBuilder::isComputing).forEach(node -> addWeightDistance(node, training));
        }
    }

    /** Straight-through, the two sides of MSE(W, Q(W)) cancel except where Q clips; per channel ESP-PPQ lets them cancel there too. */
    private void addWeightDistance(Node node, BlockTraining training) {
        Slot slot = Slot.input(node.name(), 1);
        if (!twin.isParameter(slot) || !twin.plan().quantizes(slot) || twin.plan().config(slot).perChannel()) {
            return;
        }
        SlotConfig config = twin.plan().config(slot);
        float[] weights = twin.parameters().get(node.input(1)).data();
        float[] gradient = training.gradients().get(node.input(1)).data();
        float[] rounded = new float[weights.length];
        int exponent = twin.plan().exponents(slot).single();
        kernels.fakeQuantize(weights.length, weights, 0, rounded, 0, exponent, config.qmin(), config.qmax(), config.rounding());
        float scale = Math.scalb(1f, exponent);
        for (int i = 0; i < weights.length; i++) {
            float integer = config.rounding().round(weights[i] / scale);
            if (integer < config.qmin() || integer > config.qmax()) {
                gradient[i] += (float) (setting.gamma() * 2 / weights.length) * (weights[i] - rounded[i]);
            }
        }
    }

    /** Takes over the rounded thresholds. Followers see them at once, biases at the end. */
    private void settle(BlockTraining training) {
        QuantPlan.Builder edit = twin.plan().edit();
        training.alphas().forEach((slot, name) -> edit.exponents(slot, rounded(twin.parameters().get(name))));
        twin.takeOver(edit.build());
    }

    static Exponents rounded(Tensor alphas) {
        int[] exponents = new int[alphas.size()];
        for (int i = 0; i < exponents.length; i++) {
            exponents[i] = (int) Rounding.HALF_EVEN.round(alphas.data()[i]);
        }
        return Exponents.of(exponents);
    }

    /** Operands with an exponent of their own whose exponent differs. */
    static int moved(QuantPlan before, QuantPlan after) {
        Map<Slot, Exponents> changed = new LinkedHashMap<>();
        for (Slot slot : before.slots()) {
            if (!before.isLinked(slot) && before.config(slot).state() == io.github.bitgrain.core.quant.SlotState.ACTIVATED
                    && !before.exponents(slot).equals(after.exponents(slot))) {
                changed.put(slot, after.exponents(slot));
            }
        }
        return changed.size();
    }
}
