package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.firmware.FirmwareHeader;
import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.HeadCut;
import io.github.bitgrain.cli.pipeline.HeadPolicy;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.Spelling;
import io.github.bitgrain.cli.pipeline.WorkProgress;
import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.qat.Metric;
import io.github.bitgrain.quantizer.qat.PlanTrainee;
import io.github.bitgrain.quantizer.qat.Trainer;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import io.github.bitgrain.quantizer.qat.TrainingResult;
import io.github.bitgrain.quantizer.tqt.BiasCorrectionSetting;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a recipe for a chip: its plan is trained, the chip is simulated. */
final class ChipRun {
    private static final int CALIBRATION_SAMPLES = 512;

    private final RecipeContext context;
    private final RecipeSettings.QuantParams quantization;
    private final Target target;
    private final InputPolicy inputs;

    ChipRun(RecipeContext context) {
        this.context = context;
        quantization = context.settings().quantizationParams();
        target = Target.parse(quantization.target());
        inputs = new InputPolicy(quantization.fitInput(), Spelling.RECIPE);
    }

    /**
     * What is quantized of a network.
     *
     * @param fit the body with its inputs fitted
     * @param calibration samples of the original inputs
     */
    private record Part(HeadCut cut, InputFit fit, InputPolicy.Samples calibration) {
        InputMaps maps() {
            return InputMaps.of(fit);
        }

        DataSource samples() {
            return fit.data(calibration.data());
        }
    }

    /**
     * Runs.
     *
     * @param network float network
     */
    RecipeOutcome run(Model network, TrainingData train, TrainingData valid, InputPolicy.Samples calibration) {
        Path espdl = context.settings().exportParams().outputEspdlPath().isEmpty() ? null : Path.of(context.settings().exportParams().outputEspdlPath());
        Part part = part(network, calibration, espdl);
        Answers answers = context.settings().trainingHyperparams().loss() == RecipeSettings.LossName.IMITATION
                ? Answers.imitated(part.cut().body(), calibration.data(), context.threads())
                : Answers.labelled(part.cut().body(), part.cut().head());
        TrainingParams params = context.params(answers.ofFloat(), train, valid);
        if (!answers.isOne() && params.watched() != Metric.LOSS && params.watched() != Metric.MSE) {
            throw BitgrainException.usage("training_hyperparams.metric_to_watch: " + params.watched().word() + " is of one output; of several, watch Loss or MSE");
        }
        WorkProgress work = new WorkProgress(context.progress(), quantization.tqt() ? "tqt" : "tune");
        QuantizationResult calibrated = Bitgrain.quantize(part.fit().model(), part.samples(), options(calibration.data().samples(), params.batchSize()), work);
        work.end();
        calibrated.coarser().forEach(layer -> context.say(layer.text()));
        double before = Trainer.validate(answers.ofFloat(), valid, params)[1];
        // Samples stay what the network takes, so that teacher, augmentation and mixtures know nothing of fitted inputs.
        PlanTrainee trainee = new PlanTrainee(calibrated.model(), calibrated.plan(),
                context.settings().trainingHyperparams().lrUnit() == RecipeSettings.LrUnit.STEP, form -> answers.of(part.maps().inFrontOf(form, false)));
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
        double chip = chipScore(lowered, part.maps(), valid, params, answers);
        String onnx = context.writeOnnx(Export.qdq(kept, calibrated.plan(), part.maps(), part.cut().head(), context.recipe().tree()));
        Boolean exact = espdl == null ? null : write(lowered, part, espdl);
        if (!context.settings().exportParams().outputHeaderPath().isEmpty()) {
            writeHeader(lowered, part, espdl, Path.of(context.settings().exportParams().outputHeaderPath()));
        }
        hint(part);
        return new RecipeOutcome(context.settings().experimentName(), target.id(), params.watched().word(), before, ptq, training == null ? null : trained, chip,
                training == null ? -1 : training.bestEpoch(), onnx, context.settings().exportParams().outputEspdlPath(), exact,
                espdl == null || part.maps().isEmpty() ? null : Outcome.Input.of(part.maps(), part.maps().after(calibration.preprocessing()),
                        name -> lowered.program().value(name).exponent()),
                espdl == null ? null : part.cut().outcome(espdl), params.folder().toString());
    }

    private Part part(Model network, InputPolicy.Samples calibration, Path espdl) {
        HeadCut cut = new HeadPolicy(quantization.head(), quantization.outputNames(), Spelling.RECIPE)
                .cut(network, calibration.data(), quantization.bits(), Profile.IMPROVED, false, context.threads(), context::warn);
        if (espdl != null) {
            cut.check(espdl);
        }
        Lowering.requireKernels(GraphPasses.apply(cut.body()).graph());
        return new Part(cut, inputs.fit(cut.body(), calibration, context::warn), calibration);
    }

    private QuantizationOptions options(int samples, int batch) {
        RecipeSettings.CalibParams calib = quantization.calibParams();
        Map<String, Integer> bits = new LinkedHashMap<>();
        quantization.selectiveQuantizerParams().skipModules().forEach(node -> bits.put(node, QuantPlan.FLOAT));
        String algorithm = switch (context.method().kind()) {
            case MAX -> "minmax";
            case PERCENTILE -> "percentile";
            case MSE -> "mse";
            case ENTROPY -> "kl";
        };
        int most = (samples + batch - 1) / batch;
        int steps = calib.numCalibBatches() == 0 ? Math.max(1, CALIBRATION_SAMPLES / batch) : calib.numCalibBatches();
        QuantizationOptions.Builder options = QuantizationOptions.plain(target).bits(quantization.bits()).bitsByNode(bits).calibration(algorithm)
                .calibBatch(batch).calibSteps(Math.min(steps, most)).equalization(true).threads(context.threads());
        // As quantize does: what rounded weights make of scaled and shifted channels is a mean error.
        return (quantization.tqt() ? options.tqt(TqtSetting.IMPROVED) : options.tuning(new TuningPasses(BiasCorrectionSetting.IMPROVED, null))).build();
    }

    private Boolean write(LoweredModel lowered, Part part, Path espdl) {
        ChipProgram program = Export.withSettings(Export.withTestVectors(lowered, part.samples()), context.recipe().tree());
        part.cut().write(espdl);
        return Export.write(part.cut().describe(part.maps().describe(program), lowered, espdl), target, espdl);
    }

    private void writeHeader(LoweredModel lowered, Part part, Path espdl, Path header) {
        Model body = part.fit().model();
        String file = espdl.getFileName().toString();
        int dot = file.lastIndexOf('.');
        String text = FirmwareHeader.of(dot > 0 ? file.substring(0, dot) : file, lowered, target, ShapeInference.infer(body.graph(), body.parameters()),
                part.maps().after(part.calibration().preprocessing()), List.of());
        WholeFile.write(header, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** What would gain by being done otherwise. */
    private void hint(Part part) {
        inputs.hint(part.cut().body(), part.calibration(), quantization.bits(), Profile.IMPROVED, context::say);
        if (part.cut().hint() != null) {
            context.say(part.cut().hint());
        }
    }

    private double chipScore(LoweredModel lowered, InputMaps maps, TrainingData valid, TrainingParams params, Answers answers) {
        Metric.Accumulator score = ChipMetric.of(params.watched(), params.loss());
        try (Network chip = answers.of(maps.inFrontOf(new ChipNetwork(lowered.program(), target, context.threads())), lowered, context.threads());
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
