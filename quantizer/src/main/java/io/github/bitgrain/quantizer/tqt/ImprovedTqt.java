package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.analyze.OutputSensitivity;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.quantizer.lanes.LaneRelief;
import io.github.bitgrain.quantizer.walk.Frontier;
import io.github.bitgrain.quantizer.walk.SampleAxis;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * TQT that moves exponents and does not learn its samples by heart. In order: exponents of least exact error, mean errors into
 * the biases, weights that make up for errors, exponents by the network's output, blocks, the whole network on its output. Every stage is kept only where
 * samples that trained nothing say so. Where accumulators saturate, before training or after it, {@link LaneGuard} comes first, and output
 * training once more.
 */
final class ImprovedTqt {
    /** Every block was judged by itself already; all of them together may cost a few samples this much. */
    private static final double TOLERANCE = 1.1;
    /** Looks at the deciding samples per stage of training. */
    private static final int LOOKS = 5;
    /** Weights that are trained for coarser steps may saturate a little again. */
    private static final int RELIEFS = 2;

    /** Sees the outcome of every stage. */
    interface Probe {
        /** The error on the deciding samples after a stage, and whether the stage is kept. */
        void saw(String stage, double error, boolean kept);
    }

    Probe probe = (stage, error, kept) -> { };
    private final Model reference;
    private final QuantizedTwin twin;
    private final ExponentSearch search;
    private final Samples samples;
    private final TqtSetting setting;
    private final TqtListener listener;
    private final int threads;
    private final Graph graph;
    private final Map<String, Shape> shapes;
    private final List<Map<String, Tensor>> trainingTargets;
    private final HeldOutNoise heldOut;
    private final LaneGuard lanes;

    /**
     * A run.
     *
     * @param reference the network as it was given; its outputs are what the quantized one should give
     * @param model the same function, possibly equalized; this is what is quantized
     * @param plan calibrated plan of {@code model}
     * @param relief what gives layers room in their accumulators; null: not wanted
     * @param coarser layers that have got room in {@code plan} already
     */
    ImprovedTqt(Model reference, Model model, QuantPlan plan, LaneRelief relief, List<CoarserWeights> coarser, Samples samples, TqtSetting setting,
            TqtListener listener, int threads) {
        this.reference = reference;
        this.twin = new QuantizedTwin(model, plan);
        this.search = new ExponentSearch(twin, threads);
        this.samples = samples;
        this.setting = setting;
        this.listener = listener;
        this.threads = threads;
        this.graph = model.graph();
        this.shapes = ShapeInference.infer(graph, model.parameters());
        this.trainingTargets = outputs(samples.training());
        this.heldOut = new HeldOutNoise(reference, twin, samples.deciding(), threads);
        this.lanes = new LaneGuard(relief, twin, coarser);
    }

    private List<Map<String, Tensor>> outputs(List<Map<String, Tensor>> batches) {
        try (Executor executor = new Executor(reference.graph(), reference.parameters(), Executor.Options.defaults().outputs(twin.judged()).threads(threads))) {
            return batches.stream().map(executor::run).toList();
        }
    }

    /** The network under training. */
    QuantizedTwin twin() {
        return twin;
    }

    /** {@link OutputError.Noise#score} of the present state on the deciding samples. */
    double judge() {
        return heldOut.now();
    }

    /**
     * The same.
     *
     * @param onChip whether the simulated chip computes, which {@link #judge()} asks for where accumulators limit the twin
     */
    double judge(boolean onChip) {
        return heldOut.now(onChip);
    }

    /** The layers with coarser weights. */
    List<CoarserWeights> coarser() {
        return lanes.layers();
    }

    /** Runs all stages. */
    QuantizedTwin run() {
        listener.begin();
        if (lanes.saturates() || lanes.hasRelieved()) {
            lanes.limit();
        }
        double error = judge();
        probe.saw("calibrated", error, true);
        if (twin.isLimited()) {
            error = keepIfBetter("lanes", error, lanes::relieve);
        }
        boolean limited = twin.isLimited();
        QuantizedTwin.State calibrated = twin.state();
        train(error);
        if (relieveTrained() && !limited && isWorseThan(calibrated)) {
            calibrated.restore();
            lanes.limit();
            train(judge());
            relieveTrained();
        }
        return twin;
    }

    private void train(double calibrated) {
        double error = calibrated;
        if (setting.exponentSearch()) {
            error = keepIfBetter("exponents", error, this::searchExponents);
        }
        error = keepIfBetter("means", error, () -> BiasCorrection.apply(twin, shapes, samples.training(), threads));
        if (setting.weightCompensation()) {
            error = keepIfBetter("weights", error, this::compensate);
        }
        if (setting.exponentSearch()) {
            error = keepIfBetter("steps", error, this::stepExponents);
        }
        error = keepBlocks(error);
        if (setting.outputSteps() > 0) {
            trainOutput(error);
        }
    }

    /**
     * Trained weights may saturate where the calibrated ones did not.
     *
     * @return whether they do
     */
    private boolean relieveTrained() {
        boolean saturated = false;
        for (int i = 0; i < RELIEFS && lanes.saturates(); i++) {
            saturated = true;
            if (!twin.isLimited()) {
                lanes.limit();
            }
            QuantPlan before = twin.plan();
            double error = keepIfBetter("lanes after training", judge(), lanes::relieve);
            if (twin.plan() == before) {
                return true;
            }
            if (setting.outputSteps() > 0) {
                keepIfBetter("output within lanes", error, () -> outputTraining().trainWeights("output within lanes"));
            }
        }
        return saturated;
    }

    /** Whether the twin is further from the float network than a state that it had; the twin stays as it is. */
    private boolean isWorseThan(QuantizedTwin.State earlier) {
        double error = judge();
        QuantizedTwin.State now = twin.state();
        earlier.restore();
        double before = judge();
        now.restore();
        probe.saw("trained within lanes", error, error <= before);
        return error > before;
    }

    private OutputTraining outputTraining() {
        return new OutputTraining(twin, samples, outputs(samples.mixed()), heldOut.targets(), setting, listener, threads);
    }

    /**
     * Trains the network on its output: weights alone first, since a threshold that turns over upsets all weights behind it, then thresholds
     * too. Exponents are then judged again: what was the better step for the old weights need not be for these.
     */
    private void trainOutput(double error) {
        OutputTraining training = outputTraining();
        double now = keepIfBetter("output", error, () -> training.trainWeights("output"));
        if (setting.scaleTrainable() && setting.alphaLr() > 0) {
            now = keepIfBetter("output with thresholds", now, () -> training.trainThresholds("output with thresholds"));
        }
        if (setting.exponentSearch()) {
            double stepped = keepIfBetter("steps after training", now, this::stepExponents);
            if (stepped < now) {
                keepIfBetter("output again", stepped, () -> training.trainWeights("output again"));
            }
        }
    }

    private void compensate() {
        new BiasCorrectionPass(twin, BiasCorrectionSetting.of(setting), false, TqtListener.NONE, threads).run(samples.training(), samples.deciding());
    }

    private void stepExponents() {
        search.refine(samples.training(), trainingTargets, samples.deciding(), heldOut.targets());
    }

    private void searchExponents() {
        search.leastError(samples.training());
        search.leastWeightError();
    }

    private double keepIfBetter(String name, double error, Runnable stage) {
        HeldOutNoise.Trial trial = heldOut.keepIfNotWorse(error, stage);
        probe.saw(name, trial.noise(), trial.kept());
        return trial.kept() ? trial.noise() : error;
    }

    /**
     * Trains the blocks with all channels alike and with channels counted as they show in the output; the better one for the
     * deciding samples stays, if it is not worse than what was there. Which one that is differs from network to network.
     */
    private double keepBlocks(double error) {
        QuantizedTwin.State before = twin.state();
        List<TqtBlock> blocks = BlockWalk.blocks(twin, setting.blockSize(), setting.interestedLayers());
        // The output trains what cannot be trained by itself.
        Set<String> behind = SampleAxis.behind(graph, twin.parameters());
        blocks.removeIf(block -> !Collections.disjoint(block.outputs(), behind) || !Collections.disjoint(block.inputs(graph), behind));
        trainBlocks(blocks, Map.of(), 0);
        double now = judge();
        if (setting.channelWeighting()) {
            QuantizedTwin.State alike = twin.state();
            before.restore();
            List<String> ends = blocks.stream().flatMap(block -> block.outputs().stream()).distinct().toList();
            trainBlocks(blocks, OutputSensitivity.ofChannels(twin.original(), shapes, twin.judged(), ends, OutputSensitivity.ofBatches(samples.training()), threads), 1);
            double weighted = judge();
            boolean better = weighted < now;
            probe.saw("weighted blocks", weighted, better);
            if (better) {
                now = weighted;
            } else {
                alike.restore();
            }
        }
        boolean kept = now <= error * TOLERANCE;
        probe.saw("blocks", now, kept);
        if (!kept) {
            before.restore();
        }
        return kept ? now : error;
    }

    /**
     * Blocks as under parity, with what no block holds in between run as it is.
     *
     * @param weights by result, what the error of each of its channels counts
     * @param round how often the blocks were trained before, for those who watch
     */
    private void trainBlocks(List<TqtBlock> blocks, Map<String, float[]> weights, int round) {
        List<Map<String, Tensor>> batches = new ArrayList<>(samples.mixed());
        if (samples.deciding() != samples.training()) {
            batches.addAll(samples.deciding());
        }
        try (Frontier original = BlockWalk.original(twin, shapes, batches, setting.collecting(), threads);
                Frontier quantized = BlockWalk.quantized(twin, shapes, batches, setting.collecting(), threads);
                GradientExecutor.Storage storage = new GradientExecutor.Storage(threads)) {
            int first = round * blocks.size();
            int rounds = setting.channelWeighting() ? 2 : 1;
            BlockWalk.over(graph, blocks, original, quantized, (block, number) ->
                    trainBlock(block, first + number, rounds * blocks.size(), original, quantized, batches.size(), weights, storage));
        }
    }

    private void trainBlock(TqtBlock block, int number, int blocks, Frontier original, Frontier quantized, int batches,
            Map<String, float[]> weights, GradientExecutor.Storage storage) {
        BlockTraining.Data data = BlockTraining.Data.of(block, graph, original, quantized);
        int trained = samples.mixed().size();
        List<Integer> deciding = IntStream.range(trained == batches ? 0 : trained, batches).boxed().toList();
        try (BlockTraining training = new BlockTraining(twin, block, shapes, slot -> false, data, weights, storage)) {
            List<Optimizer.Group> groups = LearningRates.weights(twin, training.weights(), setting.lr(), LearningRates.BIAS_SHARE, setting.steps());
            if (groups.isEmpty()) {
                return;
            }
            new TrainingLoop(step -> training.step(step % trained), new Adam(twin.parameters(), training.gradients(), groups))
                    .keepBest(training.snapshot(twin.parameters()), Math.max(1, setting.steps() / LOOKS), () -> training.loss(deciding))
                    .listener((step, loss) -> {
                        listener.step(number, blocks, block.name(), step + 1, setting.steps(), loss);
                        return true;
                    })
                    .run(setting.steps());
        }
    }
}
