package io.github.bitgrain.cli.settings;

import io.github.bitgrain.quantizer.qat.QuantizationParams.FoldBatchNorm;
import java.util.List;
import java.util.Map;

/**
 * A recipe under SuperGradients' names, with what a chip needs.
 *
 * @param experimentName name of the run, the folder of its checkpoints
 * @param ckptRootDir folder of all runs
 * @param checkpointParams the float network
 * @param datasetParams data
 * @param trainingHyperparams training
 * @param quantizationParams quantization
 * @param exportParams files to write
 * @param preLaunchCallbacksList what changes the recipe before it runs
 * @param multiGpu only OFF
 * @param numGpus only 1
 */
public record RecipeSettings(String experimentName, String ckptRootDir, CheckpointParams checkpointParams, DatasetParams datasetParams,
        TrainingHyperparams trainingHyperparams, QuantParams quantizationParams, ExportParams exportParams, List<Object> preLaunchCallbacksList,
        String multiGpu, int numGpus) {
    /** Name of the embedded example, as network and as data. */
    public static final String EXAMPLE = "strokes";

    /**
     * The float network.
     *
     * @param checkpointPath an ONNX file, or {@value #EXAMPLE}
     * @param inputShapes shapes of inputs that the file leaves open, as option --input-shape of quantize
     */
    public record CheckpointParams(String checkpointPath, List<String> inputShapes) {}

    /**
     * Data.
     *
     * @param scale as option --scale of quantize, and so mean and std
     */
    public record DatasetParams(Part trainDatasetParams, Part valDatasetParams, Part calibDatasetParams, Loader trainDataloaderParams,
            Loader valDataloaderParams, String scale, String mean, String std) {}

    /**
     * Samples.
     *
     * @param data file as --calib of quantize, or {@value #EXAMPLE}
     * @param labels .npy file of class numbers; empty where a teacher answers
     * @param samples number of samples that are used; 0: all
     * @param transforms augmentation: RandomShift: PIXELS, RandomHorizontalFlip, and without labels RandomMixture: SHARE
     */
    public record Part(String data, String labels, int samples, List<Object> transforms) {}

    /** Batches. */
    public record Loader(int batchSize) {}

    /** Training; meanings as in SuperGradients. */
    public record TrainingHyperparams(int maxEpochs, Object initialLr, LrUnit lrUnit, LrMode lrMode, int lrWarmupEpochs, int lrWarmupSteps, String warmupInitialLr,
            double cosineFinalLrRatio, List<Integer> lrUpdates, double lrDecayFactor, LossName loss, CriterionParams criterionParams,
            OptimizerName optimizer, OptimizerParams optimizerParams, boolean zeroWeightDecayOnBiasAndBn, int batchAccumulate, double clipGradNorm,
            boolean ema, EmaParams emaParams, boolean averageBestModels, boolean syncBn, boolean mixedPrecision, int runValidationFreq,
            String metricToWatch, int earlyStopPatience, int maxTrainBatches, int maxValidBatches, int freezeBnAfter, long seed, boolean resume,
            List<Object> phaseCallbacks) {}

    /** What rates are counted in. */
    public enum LrUnit {
        /** As they are. */
        ONE,
        /** In the steps that weights and biases are rounded to; for a chip alone. */
        STEP
    }

    /** How the rate falls. */
    public enum LrMode {
        /** Not at all. */
        CONSTANT,
        /** Along a cosine. */
        COSINELRSCHEDULER,
        /** By a factor at lr_updates. */
        STEPLRSCHEDULER
    }

    /** What is minimized. */
    public enum LossName {
        /** Cross entropy with the labels. */
        CROSSENTROPYLOSS,
        /** Binary cross entropy of logits. */
        BCEWITHLOGITSLOSS,
        /** Dice loss of logits. */
        DICELOSS,
        /** Squared distance to the float network's output, of a chip's several outputs the mean of their noise ÷ signal; no labels. */
        IMITATION,
        /** Cross entropy with the labels and with the float network's probabilities. */
        KDLOGITSLOSS
    }

    /** Which optimizer. */
    public enum OptimizerName {
        /** Descent with momentum. */
        SGD,
        /** Adam. */
        ADAM,
        /** Adam with decay apart. */
        ADAMW
    }

    /** Of the loss. */
    public record CriterionParams(double smoothEps, double temperature, double distillationLossCoeff) {}

    /** Of the optimizer. */
    public record OptimizerParams(double weightDecay, double momentum, boolean nesterov) {}

    /** Of the average over time. */
    public record EmaParams(DecayType decayType, double decay, double beta) {}

    /** How the average's decay grows. */
    public enum DecayType {
        /** Not at all. */
        CONSTANT,
        /** (1 + step) / (10 + step). */
        THRESHOLD,
        /** Exponentially. */
        EXP
    }

    /**
     * Quantization.
     *
     * @param target a chip: scales are powers of two, the result is what it runs; empty: free scales, for QDQ runtimes
     * @param bits width of weights and activations
     * @param foldBatchNorm when normalizations go into the layers before them; with free scales alone another one than ALWAYS
     * @param tqt whether thresholds are trained, as quantize --tqt does, before the network is; for a chip alone
     * @param fitInput whether inputs are moved and scaled so that they use all their 8 bits; for a chip alone
     * @param head what is done with the end of the network behind its last layers; for a chip alone
     * @param outputNames names of the chip model's outputs, in order; empty: as the network has them
     */
    public record QuantParams(boolean ptqOnly, String target, int bits, FoldBatchNorm foldBatchNorm, boolean tqt, boolean fitInput, HeadChoice head, List<String> outputNames,
            SelectiveQuantizerParams selectiveQuantizerParams, CalibParams calibParams) {}

    /**
     * Which modules and how; a chip has its own grids and takes {@code skipModules} alone.
     *
     * @param learnAmax whether the bounds of ranges are trained
     * @param learnScale whether scales are trained (LSQ), those of weights per channel too
     * @param powerOfTwo whether scales are powers of two
     * @param unsignedActivations whether operands that cannot be negative get unsigned integers
     */
    public record SelectiveQuantizerParams(String calibratorW, String calibratorI, boolean perChannel, boolean learnAmax, boolean learnScale,
            boolean powerOfTwo, boolean unsignedActivations, List<String> skipModules) {}

    /** Calibration. */
    public record CalibParams(String histogramCalibMethod, double percentile, int numCalibBatches, boolean verbose) {}

    /**
     * Files to write; empty for none.
     *
     * @param outputHeaderPath what the firmware must know of the chip model, in C++
     */
    public record ExportParams(String outputOnnxPath, String outputEspdlPath, String outputHeaderPath, Engine engine, QuantizationMode quantizationMode) {}

    /** Precision of the ONNX file; what a recipe quantizes is written in INT8, and cannot be in FP16. */
    public enum QuantizationMode {
        /** That of the network. */
        NONE,
        /** Parameters in half precision. */
        FP16,
        /** Quantizers. */
        INT8
    }

    /** Who runs the ONNX file. */
    public enum Engine {
        /** ONNX Runtime on CPUs. */
        ONNXRUNTIME,
        /** TensorRT. */
        TENSORRT
    }

    /** What holds where a recipe says nothing. */
    static final RecipeSettings DEFAULTS = new RecipeSettings("recipe", "checkpoints", new CheckpointParams("", List.of()),
            new DatasetParams(new Part("", "", 0, List.of()), new Part("", "", 0, List.of()), new Part("", "", 0, List.of()), new Loader(32), new Loader(64),
                    "", "", ""),
            new TrainingHyperparams(10, "1e-4", LrUnit.ONE, LrMode.COSINELRSCHEDULER, 0, 0, "", 0.01, List.of(), 0.1, LossName.CROSSENTROPYLOSS,
                    new CriterionParams(0, 1, 0.5), OptimizerName.SGD, new OptimizerParams(1e-4, 0.9, false), false, 1, 0, false,
                    new EmaParams(DecayType.EXP, 0.9999, 15), false, false, false, 1, "", 0, 0, 0, Integer.MAX_VALUE, 42, false, List.of()),
            new QuantParams(false, "", 8, FoldBatchNorm.ALWAYS, false, false, HeadChoice.AUTO, List.of(),
                    new SelectiveQuantizerParams("max", "histogram", true, false, false, false, false, List.of()),
                    new CalibParams("percentile", 99.99, 16, false)),
            new ExportParams("", "", "", Engine.ONNXRUNTIME, QuantizationMode.NONE), List.of(), "OFF", 1);

    /** Short names at the root and what they stand for. */
    static final Map<String, List<String>> SHORTCUTS = Map.of("lr", List.of("training_hyperparams.initial_lr"), "batch_size",
            List.of("dataset_params.train_dataloader_params.batch_size"), "val_batch_size", List.of("dataset_params.val_dataloader_params.batch_size"),
            "epochs", List.of("training_hyperparams.max_epochs"), "ema", List.of("training_hyperparams.ema"), "resume",
            List.of("training_hyperparams.resume"));
}
