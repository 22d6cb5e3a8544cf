package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains a network for some epochs on the one {@link io.github.bitgrain.core.train.TrainingLoop}: shuffled, augmented batches, validation,
 * best epoch, checkpoints, early end. What a run gives follows from network, data and parameters alone, not from the number of threads;
 * a run that was ended by force goes on at the beginning of the epoch that it was in, and gives the same.
 */
public final class Trainer {
    private static final String LATEST = "latest.ckpt";
    private static final String BEST = "best.ckpt";

    private final Trainee trainee;
    private final TrainingData train;
    private final TrainingData valid;
    private final TrainingParams params;
    private final TrainingListener listener;
    private final List<EpochResult> history = new ArrayList<>();
    private Map<String, float[]> best;

    /**
     * A run.
     *
     * @param valid what decides the best epoch
     */
    public Trainer(Trainee trainee, TrainingData train, TrainingData valid, TrainingParams params, TrainingListener listener) {
        this.trainee = trainee;
        this.train = train;
        this.valid = valid;
        this.params = params;
        this.listener = listener;
    }

    /**
     * Trains. Afterwards the network has the state that {@link TrainingParams#keep} says.
     *
     * @throws BitgrainException (bad input) when the loss becomes NaN, or a checkpoint does not fit; (usage) when labels are missing
     */
    public TrainingResult train() {
        if (params.folder() != null) {
            Checkpoint.deleteTemporaries(params.folder());
        }
        int batch = Math.min(params.batchSize(), train.samples());
        int steps = params.maxTrainBatches() == 0 ? train.samples() / batch : Math.min(params.maxTrainBatches(), train.samples() / batch);
        double[] rates = params.learningRate().rates(params.maxEpochs(), steps);
        Shape output = outputShape(trainee.evaluation());
        try (Epoch epoch = new Epoch(trainee, params, batch, steps, rates, output);
                Executor teacher = params.loss().teacher() == null ? null
                        : new Executor(params.loss().teacher().graph(), params.loss().teacher().parameters(), Executor.Options.defaults().threads(params.threads()))) {
            Ema ema = params.ema() == null ? null : new Ema(params.ema(), rates.length / params.batchAccumulate(), trainee);
            int first = params.resume() && Files.exists(params.folder().resolve(LATEST)) ? resume(epoch, ema) : 0;
            for (int e = first; e < params.maxEpochs() && !isExhausted(); e++) {
                epoch.begin(e);
                double loss = epoch.run(e, order(e), train, teacher, ema, listener);
                finish(e, loss, rates[(e + 1) * steps - 1], epoch, ema, output, teacher);
            }
        }
        if (params.keep() == TrainingParams.Keep.BEST && best != null) {
            restore(best);
        }
        EpochResult top = bestOf(history);
        return new TrainingResult(history, top == null ? -1 : top.epoch(), top == null ? Double.NaN : top.score());
    }

    private static EpochResult bestOf(List<EpochResult> results) {
        return results.stream().filter(EpochResult::best).reduce((earlier, later) -> later).orElse(null);
    }

    private boolean isExhausted() {
        EpochResult top = bestOf(history);
        long since = history.stream().filter(result -> top != null && result.epoch() > top.epoch() && !Double.isNaN(result.score())).count();
        return params.patience() > 0 && since >= params.patience();
    }

    /** Sample numbers in the order of an epoch (Fisher and Yates). */
    private int[] order(int epoch) {
        SplittableRandom random = new SplittableRandom(params.seed() + epoch * 0x9E3779B97F4A7C15L);
        int[] order = new int[train.samples()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int held = order[i];
            order[i] = order[j];
            order[j] = held;
        }
        return order;
    }

    private void finish(int e, double loss, double rate, Epoch epoch, Ema ema, Shape output, Executor teacher) {
        boolean validated = (e + 1) % params.validationEvery() == 0 || e + 1 == params.maxEpochs();
        double validLoss = Double.NaN;
        double score = Double.NaN;
        boolean better = false;
        if (validated) {
            if (ema != null) {
                ema.swap();
            }
            double[] measured = Validation.measure(trainee.evaluation(), valid, params, output, teacher);
            validLoss = measured[0];
            score = measured[1];
            EpochResult top = bestOf(history);
            better = !Double.isNaN(score)
                    && (top == null || (params.watched().greaterIsBetter() ? score > top.score() : score < top.score()));
            if (better || params.keep() == TrainingParams.Keep.LAST) {
                best = copy();
            }
            if (ema != null) {
                ema.swap();
            }
        }
        EpochResult result = new EpochResult(e, loss, rate, validLoss, score, better);
        history.add(result);
        if (params.folder() != null && validated) {
            Map<String, float[]> kept = best == null ? Map.of() : best;
            if (better) {
                checkpoint(e, best, Map.of(), Map.of(), Map.of()).write(params.folder().resolve(BEST));
            }
            checkpoint(e, copy(), epoch.optimizerState(), ema == null ? Map.of() : ema.state(), kept)
                    .write(params.folder().resolve(LATEST));
        }
        listener.epoch(result);
    }

    private Checkpoint checkpoint(int epoch, Map<String, float[]> state, Map<String, float[]> optimizer, Map<String, float[]> average,
            Map<String, float[]> kept) {
        return new Checkpoint(epoch + 1, params.fingerprint(), history.stream().filter(result -> result.epoch() <= epoch).toList(), trainee.manifest(), state, optimizer, average, kept);
    }

    private Map<String, float[]> copy() {
        Map<String, float[]> copy = new LinkedHashMap<>();
        trainee.state().forEach((name, tensor) -> copy.put(name, tensor.data().clone()));
        return copy;
    }

    private Map<String, float[]> live() {
        Map<String, float[]> live = new LinkedHashMap<>();
        trainee.state().forEach((name, tensor) -> live.put(name, tensor.data()));
        return live;
    }

    private void restore(Map<String, float[]> state) {
        live().forEach((name, data) -> System.arraycopy(state.get(name), 0, data, 0, data.length));
    }

    private int resume(Epoch epoch, Ema ema) {
        Path file = params.folder().resolve(LATEST);
        Checkpoint stored = Checkpoint.read(file);
        if (!stored.fingerprint().equals(params.fingerprint())) {
            throw BitgrainException.badInput(file + ": belongs to a run with other settings (" + stored.fingerprint()
                    + "); use another folder, or do not resume");
        }
        requireSameQuantization(file, stored.manifest(), trainee);
        epoch.begin(stored.epochs() - 1);
        Checkpoint.restore(file, "network", stored.state(), live());
        Checkpoint.restore(file, "optimizer", stored.optimizer(), epoch.optimizerState());
        if (ema != null) {
            Checkpoint.restore(file, "average", stored.average(), ema.state());
        }
        history.addAll(stored.history());
        best = stored.best().isEmpty() ? null : stored.best();
        EpochResult top = bestOf(history);
        if (top != null && params.keep() == TrainingParams.Keep.BEST) {
            // The run may have ended between the two files.
            checkpoint(top.epoch(), best, Map.of(), Map.of(), Map.of()).write(params.folder().resolve(BEST));
        }
        return stored.epochs();
    }

    private static void requireSameQuantization(Path file, Map<String, String> manifest, Trainee trainee) {
        if (!manifest.equals(trainee.manifest())) {
            throw BitgrainException.badInput(file + ": belongs to a network that is quantized otherwise");
        }
    }

    /**
     * Gives a network the state of a checkpoint file.
     *
     * @throws BitgrainException (bad input) when the file is damaged or belongs to another network or quantization
     */
    public static void load(Path file, Trainee trainee) {
        Checkpoint stored = Checkpoint.read(file);
        requireSameQuantization(file, stored.manifest(), trainee);
        Map<String, float[]> live = new LinkedHashMap<>();
        trainee.state().forEach((name, tensor) -> live.put(name, tensor.data()));
        Checkpoint.restore(file, "network", stored.state(), live);
    }

    /** Loss and watched metric of a network on data. */
    public static double[] validate(Model network, TrainingData data, TrainingParams params) {
        try (Executor teacher = params.loss().teacher() == null ? null : new Executor(params.loss().teacher())) {
            return Validation.measure(network, data, params, outputShape(network), teacher);
        }
    }

    private static Shape outputShape(Model network) {
        Map<String, Shape> shapes = ShapeInference.infer(network.graph(), network.parameters(), 1);
        return shapes.get(network.graph().outputs().getFirst());
    }
}
