package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.HeadCut;
import io.github.bitgrain.cli.pipeline.HeadPolicy;
import io.github.bitgrain.cli.pipeline.Spelling;
import io.github.bitgrain.cli.pipeline.WorkProgress;
import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.qat.Metric;
import io.github.bitgrain.quantizer.qat.PlanTrainee;
import io.github.bitgrain.quantizer.qat.Trainer;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import io.github.bitgrain.quantizer.qat.TrainingResult;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs a recipe for a chip: its plan is trained, the chip is simulated. */
final class ChipRun {
    private final RecipeContext context;

    ChipRun(RecipeContext context) {
        this.context = context;
    }

    /**
     * Runs.
     *
     * @param network float network
     */
    RecipeOutcome run(Model network, TrainingData train, TrainingData valid, DataSource calibration) {
        RecipeSettings.QuantParams quantization = context.settings().quantizationParams();
        Path espdl = context.settings().exportParams().outputEspdlPath().isEmpty() ? null : Path.of(context.settings().exportParams().outputEspdlPath());
        HeadCut cut = new HeadPolicy(quantization.head(), quantization.outputNames(), Spelling.RECIPE)
                .cut(network, calibration, quantization.bits(), Profile.IMPROVED, false, context.threads(), context::warn);
        if (espdl != null) {
            cut.check(espdl);
        }
        Lowering.requireKernels(GraphPasses.apply(cut.body()).graph());
        Answers answers = context.settings().trainingHyperparams().loss() == RecipeSettings.LossName.IMITATION
                ? Answers.imitated(cut.body(), calibration, context.threads())
                : Answers.labelled(cut.body(), cut.head());
        TrainingParams params = context.params(answers.ofFloat(), train, valid);
        if (!answers.isOne() && params.watched() != Metric.LOSS && params.watched() != Metric.MSE) {
            throw BitgrainException.usage("training_hyperparams.metric_to_watch: " + params.watched().word() + " is of one output; of several, watch Loss or MSE");
        }
        Target target = Target.parse(quantization.target());
        RecipeSettings.CalibParams calib = quantization.calibParams();
        Map<String, Integer> bits = new LinkedHashMap<>();
        quantization.selectiveQuantizerParams().skipModules().forEach(node -> bits.put(node, QuantPlan.FLOAT));
        QuantizationOptions defaults = QuantizationOptions.of(target);
        String algorithm = switch (context.method().kind()) {
            case MAX -> "minmax";
            case PERCENTILE -> "percentile";
            case MSE -> "mse";
            case ENTROPY -> "kl";
        };
        int batch = params.batchSize();
        int most = (calibration.samples() + batch - 1) / batch;
        int steps = calib.numCalibBatches() == 0 ? Math.max(1, 512 / batch) : calib.numCalibBatches();
        QuantizationOptions options = new QuantizationOptions(target, Profile.IMPROVED, quantization.bits(), bits, algorithm, Map.of(),
                batch, Math.min(steps, most), true, defaults.equalizationSetting(), false, defaults.tqtSetting(), context.threads());
        WorkProgress work = new WorkProgress(context.progress());
        QuantizationResult calibrated = Bitgrain.quantize(cut.body(), calibration,
                quantization.tqt() ? options.withTqt(defaults.tqtSetting()) : options, work);
        work.end();
        double before = Trainer.validate(answers.ofFloat(), valid, params)[1];
        PlanTrainee trainee = new PlanTrainee(calibrated.model(), calibrated.plan(),
                context.settings().trainingHyperparams().lrUnit() == RecipeSettings.LrUnit.STEP, answers::of);
        double ptq = Trainer.validate(trainee.evaluation(), valid, params)[1];
        TrainingResult training = quantization.ptqOnly() ? null
                : new Trainer(trainee, train, valid, params, context.listener(params)).train();
        context.progress().end();
        double trained = training == null ? ptq : Trainer.validate(trainee.evaluation(), valid, params)[1];
        boolean worse = training != null && (params.watched().greaterIsBetter() ? trained < ptq : trained > ptq);
        if (worse) {
            context.say("training made it worse than calibration alone; the calibrated network is kept");
        }
        Model kept = worse ? calibrated.model() : trainee.network();
        LoweredModel lowered = Lowering.lower(kept, calibrated.plan(), LoweringOptions.IMPROVED);
        double chip = chipScore(lowered, target, valid, params, answers);
        String onnx = context.writeOnnx(Export.qdq(kept, calibrated.plan(), InputMaps.NONE, cut.head(), context.recipe().tree()));
        Boolean exact = espdl == null ? null : write(lowered, target, cut, calibration, espdl);
        if (cut.hint() != null) {
            context.say(cut.hint());
        }
        return new RecipeOutcome(context.settings().experimentName(), target.id(), params.watched().word(), before, ptq, training == null ? null : trained, chip,
                training == null ? -1 : training.bestEpoch(), onnx, context.settings().exportParams().outputEspdlPath(), exact,
                espdl == null ? null : cut.outcome(espdl), params.folder().toString());
    }

    private Boolean write(LoweredModel lowered, Target target, HeadCut cut, DataSource calibration, Path espdl) {
        ChipProgram program = Export.withSettings(Export.withTestVectors(lowered, calibration), context.recipe().tree());
        cut.write(espdl);
        return Export.write(cut.describe(program, lowered, espdl), target, espdl);
    }

    private double chipScore(LoweredModel lowered, Target target, TrainingData valid, TrainingParams params, Answers answers) {
        Metric.Accumulator score = ChipMetric.of(params.watched(), params.loss());
        try (Network chip = answers.of(new ChipNetwork(lowered.program(), target, context.threads()), lowered, context.threads());
                FloatNetwork teacher = params.loss().needsTargets() ? null : new FloatNetwork(answers.ofFloat(), context.threads())) {
            int batch = teacher == null ? chip.batch() : Math.min(chip.batch(), teacher.batch());
            for (int first = 0; first < valid.samples(); first += batch) {
                TrainingData.Batch samples = valid.read(first, Math.min(batch, valid.samples() - first));
                Tensor outputs = chip.run(samples.inputs()).values().iterator().next();
                Tensor wanted = teacher == null ? samples.targets() : teacher.run(samples.inputs()).values().iterator().next();
                score.add(outputs, wanted, Double.NaN);
            }
        }
        return score.value();
    }
}
