package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.data.InputShapesText;
import io.github.bitgrain.cli.example.StrokeData;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.network.NetworkFile;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.Spelling;
import io.github.bitgrain.cli.settings.HeadChoice;
import io.github.bitgrain.cli.settings.Recipe;
import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.amax.CalibMethod;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.nn.ScaleAlignment;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import io.github.bitgrain.quantizer.qat.RecipeModification;
import io.github.bitgrain.quantizer.qat.Trainer;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Runs a recipe: float network → quantized and calibrated → trained → files. With a target the chip's plan is trained and the chip is
 * simulated; without, scales are free and the result is a QDQ network.
 */
public final class RecipeRun {
    private static final String MODIFICATION = "QATRecipeModificationCallback";

    private final RecipeSettings settings;
    private final RecipeContext context;

    /**
     * A run; the callbacks of the recipe have been applied to it.
     *
     * @param log hears of epochs
     */
    public RecipeRun(Recipe recipe, int threads, Progress progress, PrintWriter log) {
        recipe.settings();
        Recipe modified = modified(recipe);
        this.settings = modified.settings();
        this.context = new RecipeContext(modified, settings, threads, progress, log);
        if (!settings.multiGpu().equalsIgnoreCase("OFF") || settings.numGpus() > 1) {
            throw BitgrainException.usage("multi_gpu, num_gpus: there is one device; set OFF and 1");
        }
    }

    private static Recipe modified(Recipe recipe) {
        Recipe result = recipe;
        for (Object callback : recipe.settings().preLaunchCallbacksList()) {
            String name = callback instanceof Map<?, ?> map && map.size() == 1 ? map.keySet().iterator().next().toString() : callback.toString();
            if (!name.equals(MODIFICATION)) {
                throw BitgrainException.usage("pre_launch_callbacks_list: unknown '" + name + "'; known: " + MODIFICATION);
            }
            Object arguments = callback instanceof Map<?, ?> map ? map.get(name) : Map.of();
            result = result.with(modification(arguments).apply(withDefaults(result)), "after " + MODIFICATION);
        }
        return result;
    }

    /** The recipe with what the modification needs and a recipe may leave to the defaults. */
    private static Map<String, Object> withDefaults(Recipe recipe) {
        Map<String, Object> tree = recipe.tree();
        RecipeSettings.TrainingHyperparams training = recipe.settings().trainingHyperparams();
        Map<String, Object> section = section(tree, "training_hyperparams");
        section.putIfAbsent("max_epochs", training.maxEpochs());
        section.putIfAbsent("initial_lr", Double.valueOf(training.initialLr().toString()));
        section(section, "optimizer_params").putIfAbsent("weight_decay", training.optimizerParams().weightDecay());
        return tree;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Map<String, Object> parent, String name) {
        return (Map<String, Object>) parent.computeIfAbsent(name, key -> new LinkedHashMap<String, Object>());
    }

    private static RecipeModification modification(Object arguments) {
        RecipeModification d = RecipeModification.DEFAULT;
        int batch = d.batchSizeDivisor();
        RecipeModification.BatchRule rule = d.batchRule();
        int epochs = d.maxEpochsDivisor();
        double rate = d.lrDecayFactor();
        int warmUp = d.warmUpEpochsDivisor();
        double ratio = d.cosineFinalLrRatio();
        boolean callbacks = d.disablePhaseCallbacks();
        boolean augmentations = d.disableAugmentations();
        Map<?, ?> given = arguments instanceof Map<?, ?> map ? map : Map.of();
        for (Map.Entry<?, ?> entry : given.entrySet()) {
            String value = entry.getValue().toString();
            try {
                switch (entry.getKey().toString()) {
                    case "batch_size_divisor" -> batch = Integer.parseInt(value);
                    case "batch_rule" -> rule = RecipeModification.BatchRule.valueOf(value.toUpperCase(Locale.ROOT));
                    case "max_epochs_divisor" -> epochs = Integer.parseInt(value);
                    case "lr_decay_factor" -> rate = Double.parseDouble(value);
                    case "warmup_epochs_divisor" -> warmUp = Integer.parseInt(value);
                    case "cosine_final_lr_ratio" -> ratio = Double.parseDouble(value);
                    case "disable_phase_callbacks" -> callbacks = Boolean.parseBoolean(value);
                    case "disable_augmentations" -> augmentations = Boolean.parseBoolean(value);
                    default -> throw BitgrainException.usage(MODIFICATION + " has no parameter '" + entry.getKey() + "'");
                }
            } catch (IllegalArgumentException e) {
                throw BitgrainException.usage(MODIFICATION + "." + entry.getKey() + ": '" + value + "' does not work");
            }
        }
        return new RecipeModification(batch, rule, epochs, rate, warmUp, ratio, callbacks, augmentations);
    }

    /** The settings in force. */
    public RecipeSettings settings() {
        return settings;
    }

    /**
     * Runs.
     *
     * @throws BitgrainException if network, data or recipe do not allow it
     */
    public RecipeOutcome run() {
        check();
        Model network = network();
        try (Network shapes = new FloatNetwork(network, context.threads()); RecipeData data = new RecipeData(settings.datasetParams(), shapes.inputs())) {
            TrainingData train = data.train();
            TrainingData valid = data.valid();
            if (!settings.quantizationParams().target().isEmpty()) {
                return new ChipRun(context).run(network, train, valid, data.calibration());
            }
            Model logits = settings.trainingHyperparams().loss() == RecipeSettings.LossName.IMITATION ? network : Answers.beforeSoftmax(network);
            return free(logits, train, valid, data.calibration().data(), context.params(logits, train, valid));
        }
    }

    private void check() {
        if (settings.checkpointParams().checkpointPath().isEmpty()) {
            throw BitgrainException.usage("checkpoint_params.checkpoint_path is missing: the float network, an ONNX file or '" + RecipeSettings.EXAMPLE + "'");
        }
        for (String file : new String[] {settings.exportParams().outputOnnxPath(), settings.exportParams().outputEspdlPath(),
            settings.exportParams().outputHeaderPath()}) {
            if (!file.isEmpty()) {
                WholeFile.check(Path.of(file));
            }
        }
        if (settings.exportParams().quantizationMode() == RecipeSettings.QuantizationMode.FP16) {
            throw BitgrainException.usage("export_params.quantization_mode: FP16 was asked for, but what a recipe writes is quantized; leave it out, or ask for INT8");
        }
        boolean chip = !settings.quantizationParams().target().isEmpty();
        if (!chip && !settings.exportParams().outputEspdlPath().isEmpty()) {
            throw BitgrainException.usage("export_params.output_espdl_path: a chip model needs quantization_params.target");
        }
        if (!settings.exportParams().outputHeaderPath().isEmpty() && settings.exportParams().outputEspdlPath().isEmpty()) {
            throw BitgrainException.usage("export_params.output_header_path: a header is of a chip model; it needs export_params.output_espdl_path");
        }
        if (!chip && settings.quantizationParams().tqt()) {
            throw BitgrainException.usage("quantization_params.tqt: thresholds are a chip's; it needs quantization_params.target");
        }
        if (!chip && settings.quantizationParams().fitInput()) {
            throw BitgrainException.usage("quantization_params.fit_input: the integers that inputs are fitted to are a chip's; it needs quantization_params.target");
        }
        if (!chip && (settings.quantizationParams().head() != HeadChoice.AUTO || !settings.quantizationParams().outputNames().isEmpty())) {
            throw BitgrainException.usage("quantization_params." + (settings.quantizationParams().outputNames().isEmpty() ? "head" : "output_names")
                    + ": only what a chip computes is cut and named; it needs quantization_params.target");
        }
        if (!chip && settings.trainingHyperparams().lrUnit() == RecipeSettings.LrUnit.STEP) {
            throw BitgrainException.usage("training_hyperparams.lr_unit: steps are a chip's; it needs quantization_params.target");
        }
        if (chip) {
            refuseForChips();
        }
        int bits = settings.quantizationParams().bits();
        new InputPolicy(settings.quantizationParams().fitInput(), Spelling.RECIPE).check(bits, Profile.IMPROVED, false);
        if (chip ? bits != 8 && bits != 16 : bits < 2 || bits > 16) {
            throw BitgrainException.usage("quantization_params.bits: " + bits + (chip ? " is neither 8 nor 16" : " is not between 2 and 16"));
        }
    }

    /** A chip's grids are signed, powers of two, and trained by thresholds; its plan is made of folded layers. */
    private void refuseForChips() {
        RecipeSettings.SelectiveQuantizerParams selective = settings.quantizationParams().selectiveQuantizerParams();
        Map<String, Boolean> used = new LinkedHashMap<>();
        used.put("selective_quantizer_params.learn_amax", selective.learnAmax());
        used.put("selective_quantizer_params.learn_scale", selective.learnScale());
        used.put("selective_quantizer_params.unsigned_activations", selective.unsignedActivations());
        used.put("fold_batch_norm", settings.quantizationParams().foldBatchNorm() != QuantizationParams.FoldBatchNorm.ALWAYS);
        used.forEach((name, given) -> {
            if (given) {
                throw BitgrainException.usage("quantization_params." + name + " is for free scales; leave it out, or leave quantization_params.target out"
                        + (name.contains("learn") ? " (quantization_params.tqt trains a chip's thresholds)" : ""));
            }
        });
    }

    private Model network() {
        String path = settings.checkpointParams().checkpointPath();
        return path.equals(RecipeSettings.EXAMPLE) ? StrokeData.model() :
                NetworkFile.read(Path.of(path), InputShapesText.parse("checkpoint_params.input_shapes", settings.checkpointParams().inputShapes()), context.log()::println);
    }

    /** Free scales. */
    private RecipeOutcome free(Model network, TrainingData train, TrainingData valid, DataSource calibration, TrainingParams params) {
        RecipeSettings.SelectiveQuantizerParams selective = settings.quantizationParams().selectiveQuantizerParams();
        boolean verbose = settings.quantizationParams().calibParams().verbose();
        SelectiveQuantizer.Options options = SelectiveQuantizer.Options.DEFAULT.bits(settings.quantizationParams().bits())
                .perChannel(selective.perChannel()).learn(selective.learnAmax()).learnScale(selective.learnScale()).powerOfTwo(selective.powerOfTwo())
                .strict(true)
                .calibrators(CalibMethod.parse(selective.calibratorW()), CalibMethod.parse(selective.calibratorI()))
                .log(verbose ? context.log()::println : null);
        QuantizationParams.FoldBatchNorm fold = settings.quantizationParams().foldBatchNorm();
        QuantizationParams quantization = new QuantizationParams(settings.quantizationParams().ptqOnly(), options, selective.skipModules(), context.method(),
                settings.quantizationParams().calibParams().numCalibBatches(), ScaleAlignment.DEFAULT,
                selective.unsignedActivations(), fold, QuantizationParams.AlreadyQuantized.ERROR);
        Model simplified = fold == QuantizationParams.FoldBatchNorm.ALWAYS ? GraphPasses.apply(network) : network;
        double before = Trainer.validate(simplified, valid, params)[1];
        Quantization.Result<GraphModule> result = Quantization.qat(GraphModule.of(simplified), null, train, valid, calibration, quantization, params,
                context.listener(params));
        context.progress().end();
        Model quantized = io.github.bitgrain.quantizer.nn.Network.of(result.module()).model();
        String onnx = context.writeOnnx(quantized);
        return new RecipeOutcome(settings.experimentName(), "", params.watched().word(), before, result.ptqScore(),
                result.training() == null ? null : result.score(), null, result.training() == null ? -1 : result.training().bestEpoch(), onnx, "", null, null, null,
                params.folder().toString());
    }
}
