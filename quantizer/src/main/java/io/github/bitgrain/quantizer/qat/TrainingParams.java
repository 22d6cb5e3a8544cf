package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How to train.
 *
 * @param maxEpochs number of epochs
 * @param batchSize samples in a batch; what an epoch leaves over takes part in another one
 * @param loss what is minimized
 * @param learningRate rate over the run
 * @param rateFactors path prefix → factor of the rate of the parameters that begin with it; 0 freezes them; the longest prefix decides
 * @param optimizer how parameters move
 * @param batchAccumulate number of batches whose gradients are added before an update
 * @param clipGradNorm largest norm of all gradients together; 0: any
 * @param ema average over time that is validated and kept instead of the last state; null: none
 * @param validationEvery epochs between two validations; the last epoch is always validated
 * @param watched metric that decides which epoch is best; a later epoch must be strictly better
 * @param patience validated epochs without improvement after which the run ends; 0: never
 * @param maxTrainBatches batches of an epoch; 0: all
 * @param maxValidBatches batches of a validation; 0: all
 * @param freezeStatisticsAfter epochs in which batch normalizations use the batch's statistics; then they keep what they have
 * @param keep which state the network has in the end
 * @param seed of order and augmentation
 * @param folder of checkpoints {@code latest.ckpt} and {@code best.ckpt}; null: none are written
 * @param resume whether to go on from {@code latest.ckpt} if it is there
 * @param threads number of threads; results do not depend on it
 */
public record TrainingParams(
        int maxEpochs,
        int batchSize,
        Loss loss,
        LearningRate learningRate,
        Map<String, Double> rateFactors,
        Optimization optimizer,
        int batchAccumulate,
        double clipGradNorm,
        Ema.Setting ema,
        int validationEvery,
        Metric watched,
        int patience,
        int maxTrainBatches,
        int maxValidBatches,
        int freezeStatisticsAfter,
        Keep keep,
        long seed,
        Path folder,
        boolean resume,
        int threads) {
    /** The usual seed. */
    public static final long SEED = 42;

    /** Which state the network has in the end. */
    public enum Keep {
        /** That of the best validated epoch. */
        BEST,
        /** That of the last epoch. */
        LAST
    }

    /** Which optimizer. */
    public enum Kind {
        /** Descent with momentum. */
        SGD,
        /** Adam, weight decay added to the gradient. */
        ADAM,
        /** Adam, weight decay apart (Loshchilov and Hutter 2019). */
        ADAMW
    }

    /**
     * How parameters move.
     *
     * @param momentum of {@link Kind#SGD}
     * @param nesterov of {@link Kind#SGD}
     * @param weightDecay share of a parameter that is added to its gradient, or taken away
     * @param noDecayOnBiasAndNorm whether biases and parameters of normalizations do not decay
     */
    public record Optimization(Kind kind, double momentum, boolean nesterov, double weightDecay, boolean noDecayOnBiasAndNorm) {
        /** Momentum .9, decay 1e-4. */
        public static final Optimization SGD = new Optimization(Kind.SGD, 0.9, false, 1e-4, false);
        /** Decay 1e-4. */
        public static final Optimization ADAM = new Optimization(Kind.ADAM, 0, false, 1e-4, false);
        /** Decay 1e-2. */
        public static final Optimization ADAMW = new Optimization(Kind.ADAMW, 0, false, 1e-2, false);
    }

    /** Checks the numbers. */
    public TrainingParams {
        atLeast("max_epochs", maxEpochs, 1);
        atLeast("batch_size", batchSize, 1);
        atLeast("batch_accumulate", batchAccumulate, 1);
        atLeast("run_validation_freq", validationEvery, 1);
        atLeast("freeze_bn_after", freezeStatisticsAfter, 0);
        atLeast("threads", threads, 1);
        rateFactors = Collections.unmodifiableMap(new LinkedHashMap<>(rateFactors));
        if (resume && folder == null) {
            throw BitgrainException.usage("resume: needs the folder of the checkpoints");
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw BitgrainException.usage(name + ": " + value + " is less than " + least);
        }
    }

    /** AdamW without decay, best epoch by accuracy, no checkpoints, one thread. */
    public static TrainingParams of(int epochs, int batchSize, Loss loss, LearningRate rate) {
        return new TrainingParams(epochs, batchSize, loss, rate, Map.of(), new Optimization(Kind.ADAMW, 0, false, 0, false), 1, 0, null, 1,
                loss.kind() == Loss.Kind.CROSS_ENTROPY ? Metric.ACCURACY : Metric.LOSS, 0, 0, 0, Integer.MAX_VALUE, Keep.BEST, SEED, null, false, 1);
    }

    /** These with another optimizer. */
    public TrainingParams optimizer(Optimization other) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, other, batchAccumulate, clipGradNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, seed, folder, resume, threads);
    }

    /** These with statistics of batch normalizations that stay after some epochs. */
    public TrainingParams freezeStatisticsAfter(int epochs) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, batchAccumulate, clipGradNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, epochs, keep, seed, folder, resume, threads);
    }

    /** These with checkpoints in a folder, going on from there if told so. */
    public TrainingParams checkpoints(Path inFolder, boolean goOn) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, batchAccumulate, clipGradNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, seed, inFolder, goOn, threads);
    }

    /** These with an average over time. */
    public TrainingParams ema(Ema.Setting setting) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, batchAccumulate, clipGradNorm, setting,
                validationEvery, watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, seed, folder, resume, threads);
    }

    /** These with gradients of several batches added, and their norm limited. */
    public TrainingParams gradients(int accumulate, double largestNorm) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, accumulate, largestNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, seed, folder, resume, threads);
    }

    /** These with rates by path prefix. */
    public TrainingParams rateFactors(Map<String, Double> factors) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, factors, optimizer, batchAccumulate, clipGradNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, seed, folder, resume, threads);
    }

    /** These with another metric to watch, patience and state to keep. */
    public TrainingParams watching(Metric metric, int newPatience, Keep state) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, batchAccumulate, clipGradNorm, ema, validationEvery,
                metric, newPatience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, state, seed, folder, resume, threads);
    }

    /** These with another seed and number of threads. */
    public TrainingParams running(long newSeed, int newThreads) {
        return new TrainingParams(maxEpochs, batchSize, loss, learningRate, rateFactors, optimizer, batchAccumulate, clipGradNorm, ema, validationEvery,
                watched, patience, maxTrainBatches, maxValidBatches, freezeStatisticsAfter, keep, newSeed, folder, resume, newThreads);
    }

    /** What must be the same for a run to go on where another stopped. */
    String fingerprint() {
        return "epochs " + maxEpochs + ", batch " + batchSize + ", loss " + loss.kind() + " " + loss.smoothing() + " " + loss.alpha() + " "
                + loss.temperature() + ", " + learningRate + ", " + rateFactors + ", " + optimizer + ", accumulate " + batchAccumulate + ", clip "
                + clipGradNorm + ", " + ema + ", validation " + validationEvery + ", " + watched + ", patience " + patience + ", batches "
                + maxTrainBatches + "/" + maxValidBatches + (freezeStatisticsAfter == Integer.MAX_VALUE ? "" : ", statistics " + freezeStatisticsAfter) + ", seed " + seed;
    }
}
