package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.analyze.OutputLoss;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains the whole network on its output, weights and thresholds together. A threshold hears of all its consumers here, also
 * of sums and concatenations that no block holds; bias and aligned scales follow at every step. Ends in the state that was
 * best on samples that train nothing.
 */
final class OutputTraining {
    private static final int LOOKS = 10;
    /** A bias moves by this part of its output's step where thresholds move too: all of them at once, and their effects add up. */
    private static final double CALM_BIAS_SHARE = 0.05;
    /** The last of the operands weights, recurrence and bias. */
    private static final int RECURRENT_BIAS = 3;

    private final QuantizedTwin twin;
    private final Samples samples;
    private final List<Map<String, Tensor>> trainingTargets;
    private final List<Map<String, Tensor>> decidingTargets;
    private final TqtSetting setting;
    private final TqtListener listener;
    private final int threads;

    OutputTraining(QuantizedTwin twin, Samples samples, List<Map<String, Tensor>> trainingTargets, List<Map<String, Tensor>> decidingTargets,
            TqtSetting setting, TqtListener listener, int threads) {
        this.twin = twin;
        this.samples = samples;
        this.trainingTargets = trainingTargets;
        this.decidingTargets = decidingTargets;
        this.setting = setting;
        this.listener = listener;
        this.threads = threads;
    }

    /** Trains weights and biases. */
    void trainWeights(String stage) {
        train(stage, Map.of(), LearningRates.BIAS_SHARE);
    }

    /** Trains thresholds with the weights and biases. */
    void trainThresholds(String stage) {
        Map<Slot, List<Slot>> thresholds = new LinkedHashMap<>();
        twin.roots().forEach(root -> thresholds.put(root, twin.quantizingWith(root)));
        train(stage, thresholds, CALM_BIAS_SHARE);
    }

    /**
     * Trains.
     *
     * @param stage what those who watch are told
     * @param thresholds roots whose threshold is trained, with all slots that quantize with it
     */
    private void train(String stage, Map<Slot, List<Slot>> thresholds, double biasShare) {
        twin.settleWeights();
        Set<String> weights = trainedWeights();
        Set<String> trained = new LinkedHashSet<>(weights);
        thresholds.values().forEach(slots -> slots.forEach(slot -> trained.add(FakeQuantization.alpha(slot))));
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int b = 0; b < samples.mixed().size(); b++) {
            Map<String, Tensor> batch = new LinkedHashMap<>(samples.mixed().get(b));
            trainingTargets.get(b).forEach((name, tensor) -> batch.put(OutputLoss.target(name), tensor));
            batches.add(batch);
        }
        int size = batches.getFirst().values().iterator().next().shape().dim(0);
        Model quantized = twin.quantized();
        Map<String, Shape> shapes = ShapeInference.infer(twin.graph(), twin.original().parameters());
        try (GradientExecutor.Storage storage = new GradientExecutor.Storage(threads);
                GradientExecutor executor = new GradientExecutor(OutputLoss.added(quantized.graph().edit().outputs(twin.judged()).build(), shapes), twin.parameters(), size, OutputLoss.NAME, trained, List.of(),
                        storage, Kernels.floats());
                Executor judge = new Executor(quantized.graph(), twin.parameters(), Executor.Options.defaults().outputs(twin.judged()).threads(threads))) {
            List<Optimizer.Group> groups = LearningRates.weights(twin, weights, setting.outputLr(), biasShare, setting.outputSteps());
            if (!thresholds.isEmpty()) {
                groups.add(new Optimizer.Group(thresholds.keySet().stream().map(FakeQuantization::alpha).toList(),
                        Schedule.cosine(setting.alphaLr(), 0, setting.outputSteps())));
            }
            Parameters.Snapshot state = twin.parameters().snapshot();
            new TrainingLoop(executor, new Adam(twin.parameters(), executor.gradients(), groups), step -> batches.get(step % batches.size()))
                    .beforeUpdate(step -> thresholds.forEach((root, slots) -> gather(root, slots, executor.gradients())))
                    .keepBest(state, Math.max(1, setting.outputSteps() / LOOKS), () -> {
                        judge.refresh();
                        return OutputError.noise(judge, samples.deciding(), decidingTargets).score();
                    })
                    .listener((step, loss) -> {
                        follow(thresholds);
                        listener.step(0, 1, stage, step + 1, setting.outputSteps(), loss);
                        return true;
                    })
                    .run(setting.outputSteps());
            QuantPlan.Builder edit = twin.plan().edit();
            thresholds.keySet().forEach(root -> edit.exponents(root, ParityTqt.rounded(twin.parameters().get(FakeQuantization.alpha(root)))));
            twin.setPlan(edit.build());
        }
    }

    private Set<String> trainedWeights() {
        Set<String> names = new LinkedHashSet<>();
        for (Node node : twin.graph().nodes()) {
            for (int i = 1; i < node.inputs().size(); i++) {
                if (isTrained(node, i) && node.isTensorInput(i) && twin.graph().isParameter(node.input(i))) {
                    names.add(node.input(i));
                }
            }
        }
        return names;
    }

    /** Weights and biases of computing nodes and of recurrent ones, whose initial states stay as they are. */
    private static boolean isTrained(Node node, int operand) {
        return BlockBuilder.isComputing(node) || OperatorTraits.isRecurrent(node.op()) && operand <= RECURRENT_BIAS;
    }

    /** The gradient of a threshold is the sum over all places that quantize with it. */
    private static void gather(Slot root, List<Slot> slots, Map<String, Tensor> gradients) {
        float[] sum = gradients.get(FakeQuantization.alpha(root)).data();
        for (Slot slot : slots) {
            if (!slot.equals(root)) {
                float[] part = gradients.get(FakeQuantization.alpha(slot)).data();
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += part[i];
                }
            }
        }
    }

    /** Weights stay as coarse as the lanes ask for. Aligned operands take their root's threshold, biases the sum of the rounded thresholds of input and weight. */
    private void follow(Map<Slot, List<Slot>> thresholds) {
        if (!thresholds.isEmpty()) {
            twin.keepRoom();
        }
        if (!setting.livePassive()) {
            return;
        }
        thresholds.forEach((root, slots) -> {
            float[] alpha = twin.parameters().get(FakeQuantization.alpha(root)).data();
            for (Slot slot : slots) {
                System.arraycopy(alpha, 0, twin.parameters().get(FakeQuantization.alpha(slot)).data(), 0, alpha.length);
            }
        });
        twin.deriveBiasAlphas();
    }
}
