package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.cli.settings.RecipeSettings.TrainingHyperparams;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.qat.Ema;
import io.github.bitgrain.quantizer.qat.LearningRate;
import io.github.bitgrain.quantizer.qat.Loss;
import io.github.bitgrain.quantizer.qat.Metric;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The training part of a recipe as the trainer takes it. */
final class RecipeTraining {
    private static final String SECTION = "training_hyperparams.";

    private RecipeTraining() {}

    /**
     * Parameters of the run.
     *
     * @param teacher the float network, for losses that ask it
     */
    static TrainingParams params(RecipeSettings recipe, Model teacher, int threads) {
        TrainingHyperparams training = recipe.trainingHyperparams();
        refuse(training.averageBestModels(), "average_best_models");
        refuse(training.syncBn(), "sync_bn");
        refuse(training.mixedPrecision(), "mixed_precision");
        refuse(!training.phaseCallbacks().isEmpty(), "phase_callbacks");
        Loss loss = loss(training, teacher);
        Map<String, Double> factors = new LinkedHashMap<>();
        double rate = rate(training, factors);
        LearningRate.Mode mode = switch (training.lrMode()) {
            case CONSTANT -> LearningRate.Mode.CONSTANT;
            case COSINELRSCHEDULER -> LearningRate.Mode.COSINE;
            case STEPLRSCHEDULER -> LearningRate.Mode.STEP;
        };
        LearningRate schedule = new LearningRate(mode, rate, training.lrWarmupEpochs(), training.lrWarmupSteps(),
                training.warmupInitialLr().isEmpty() ? null : number(training.warmupInitialLr(), "warmup_initial_lr"), 0,
                training.cosineFinalLrRatio(), training.lrUpdates(), training.lrDecayFactor());
        TrainingParams.Kind kind = TrainingParams.Kind.valueOf(training.optimizer().name());
        TrainingParams.Optimization optimizer = new TrainingParams.Optimization(kind, training.optimizerParams().momentum(),
                training.optimizerParams().nesterov(), training.optimizerParams().weightDecay(), training.zeroWeightDecayOnBiasAndBn());
        Ema.Setting ema = training.ema()
                ? new Ema.Setting(Ema.Growth.valueOf(training.emaParams().decayType().name()), training.emaParams().decay(), training.emaParams().beta())
                : null;
        Metric watched = training.metricToWatch().isEmpty()
                ? (loss.kind() == Loss.Kind.CROSS_ENTROPY ? Metric.ACCURACY : Metric.LOSS)
                : Metric.parse(training.metricToWatch());
        Path folder = Path.of(recipe.ckptRootDir(), recipe.experimentName());
        return new TrainingParams(training.maxEpochs(), recipe.datasetParams().trainDataloaderParams().batchSize(), loss, schedule, factors, optimizer,
                training.batchAccumulate(), training.clipGradNorm(), ema, training.runValidationFreq(), watched, training.earlyStopPatience(),
                training.maxTrainBatches(), training.maxValidBatches(), training.freezeBnAfter(), TrainingParams.Keep.BEST, training.seed(),
                folder, training.resume(), threads);
    }

    private static void refuse(boolean used, String name) {
        if (used) {
            throw BitgrainException.usage(SECTION + name + " is not supported; leave it out");
        }
    }

    private static Loss loss(TrainingHyperparams training, Model teacher) {
        RecipeSettings.CriterionParams criterion = training.criterionParams();
        return switch (training.loss()) {
            case CROSSENTROPYLOSS -> Loss.crossEntropy(criterion.smoothEps());
            case BCEWITHLOGITSLOSS -> Loss.binaryCrossEntropy();
            case DICELOSS -> Loss.dice();
            case IMITATION -> Loss.imitation(teacher);
            case KDLOGITSLOSS -> new Loss(Loss.Kind.CROSS_ENTROPY, criterion.smoothEps(), null, Loss.IGNORE, teacher,
                    criterion.distillationLossCoeff(), criterion.temperature());
        };
    }

    /** The rate; a map of prefixes gives factors of the one called default. */
    private static double rate(TrainingHyperparams training, Map<String, Double> factors) {
        if (!(training.initialLr() instanceof Map<?, ?> byPrefix)) {
            return number(training.initialLr(), "initial_lr");
        }
        if (byPrefix.get("default") == null) {
            throw BitgrainException.usage(SECTION + "initial_lr: a map needs a default");
        }
        double usual = number(byPrefix.get("default"), "initial_lr.default");
        byPrefix.forEach((prefix, value) -> {
            if (!prefix.equals("default")) {
                if (usual == 0) {
                    throw BitgrainException.usage(SECTION + "initial_lr.default: 0 freezes everything; give the frozen parts rate 0 instead");
                }
                factors.put(prefix.toString(), number(value, "initial_lr." + prefix) / usual);
            }
        });
        return usual;
    }

    private static double number(Object value, String name) {
        try {
            return Double.parseDouble(value.toString());
        } catch (NumberFormatException e) {
            throw BitgrainException.usage(SECTION + name + " is a number, not '" + value + "'");
        }
    }
}
