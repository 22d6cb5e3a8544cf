package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.firmware.FirmwareHeader;
import io.github.bitgrain.cli.firmware.RuntimeVersion;
import io.github.bitgrain.cli.metric.detection.DetectionTask;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.network.NetworkFile;
import io.github.bitgrain.cli.pipeline.Attempt;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.HeadCut;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.LaneCheck;
import io.github.bitgrain.cli.pipeline.Made;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.OutcomeText;
import io.github.bitgrain.cli.pipeline.PeakMemory;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.pipeline.SearchGoal;
import io.github.bitgrain.cli.pipeline.SearchResult;
import io.github.bitgrain.cli.pipeline.SettingsSearch;
import io.github.bitgrain.cli.pipeline.StageAccuracy;
import io.github.bitgrain.cli.pipeline.Stopwatch;
import io.github.bitgrain.cli.pipeline.TrialFile;
import io.github.bitgrain.cli.report.HtmlReport;
import io.github.bitgrain.cli.report.Reports;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.cli.settings.SettingsBinder;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.quantizer.analyze.DataLint;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The main job. */
@Command(
        name = "quantize",
        header = "Turns a float network into a chip model, and shows what that costs: float, PTQ, TQT and the simulated chip.",
        footer = {
            "  bitgrain quantize model.onnx --calib calib.npy --tqt -o model.espdl",
            "  bitgrain quantize model.onnx --calib images/ --mean 0.5 --std 0.25 --target esp32s3 \\",
            "      --eval test.npy --labels labels.npy --report report.html -o model.espdl",
            "  bitgrain quantize model.onnx --calib calib.npy --tqt --mixed-precision auto --latency-budget 1.2x",
            "  bitgrain quantize model.onnx --calib calib.npy --eval test.npy --labels labels.npy --max-drop 0.5",
            "  bitgrain quantize yolo11n.onnx --calib images/ --tqt --output-names box0,score0,box1,score1,box2,score2",
            "  bitgrain quantize tcn.onnx --calib calib.npy --streaming 4 -o tcn.espdl"
        })
public class QuantizeCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL.onnx", description = "A float network.")
    private Path model;

    @Option(
            names = "--calib",
            required = true,
            paramLabel = "DATA",
            description = "Calibration samples: an .npy file (first axis counts samples), an .npz file for several inputs, or a folder "
                    + "of images. No labels are needed.")
    private Path calib;

    @Mixin
    private ShapeOptions shapes = new ShapeOptions();

    @Mixin
    private DataOptions dataOptions;

    @Mixin
    private InputOptions inputOptions = new InputOptions();

    @Mixin
    private OutputOptions outputOptions = new OutputOptions();

    @Mixin
    private RequestOptions options = new RequestOptions();

    @Option(
            names = "--tqt",
            description = "Train thresholds and weights after calibration (TQT). Without it, channel ranges are evened out and "
                    + "biases corrected, which takes seconds (--set equalization=false: not even that).")
    private boolean tqt;

    @Option(names = "--eval", paramLabel = "DATA", description = "Samples to measure float, PTQ, TQT and chip on.")
    private Path eval;

    @Option(names = "--labels", paramLabel = "FILE.npy", description = "True class of each sample of --eval, or boxes (see --decoder).")
    private Path labels;

    @Option(names = "--groups", paramLabel = "FILE.npy", description = "Group of each sample of --eval, for --metric auc.")
    private Path groups;

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            description = "Measure on --eval: top1, top5, nats, agreement (with the float network), mse, snr, cosine, auc, spearman, map50, "
                    + "map50_95, f1 (boxes against the float network's). Default: map50 with a decoder, top1 with labels, else agreement.")
    private String metric;

    @Mixin
    private DetectionOptions detection = new DetectionOptions();

    @Option(names = {"-o", "--output"}, paramLabel = "MODEL.espdl", description = "File to write. Default: the model's name in this folder.")
    private Path output;

    @Option(
            names = "--streaming",
            paramLabel = "N",
            description = "Write a model that gets N frames (axis 2) at each run and remembers what it needs of earlier ones. Accuracy is "
                    + "measured on whole sequences, which it equals.")
    private Integer streaming;

    @Option(names = "--no-test-values", description = "Do not embed test vectors into the file.")
    private boolean noTestValues;

    @Mixin
    private SideFiles files = new SideFiles();

    @Mixin
    private WidthOptions widths = new WidthOptions();

    @Override
    public Integer call() {
        Stopwatch watch = new Stopwatch();
        check();
        RuntimeVersion version = files.runtimeVersion();
        List<String> classNames = files.classNames();
        SettingsBinder<QuantizationSettings> given = options.settings(inputOptions, outputOptions, tqt);
        Model network = watch.time("load", () -> NetworkFile.read(model, shapes.shapes(), this::note));
        String wanted = metric != null ? metric : detection.isDetector() ? "map50" : labels != null ? "top1" : "agreement";
        SearchGoal goal = goal();
        if (goal != null) {
            SearchGoal.require(wanted);
        }
        TrialFile trials = widths.trials() == null ? TrialFile.none() : TrialFile.open(widths.trials(), SearchJob.of(arguments()));
        Progress progress = progress();
        try (Network floatNetwork = new FloatNetwork(network, options.threads());
                InputData samples = InputData.open(calib, floatNetwork.inputs(), dataOptions.preprocessing());
                InputData test = eval == null ? null : InputData.open(eval, floatNetwork.inputs(), dataOptions.preprocessing())) {
            DetectionTask task = test == null ? null : detection.task(labels, test.samples());
            watch.time("load", () -> DataLint.warnings(network, samples, samples.variants(), options.threads())).forEach(this::warn);
            HeadCut cut = watch.time("load", () -> outputOptions.policy().cut(network, samples, options.bits(), options.profile(), streaming != null, options.threads(), this::warn));
            cut.check(output());
            Lowering.requireKernels(GraphPasses.apply(cut.body(), options.profile()).graph());
            InputFit fit = watch.time("load", () -> inputOptions.policy().fit(cut.body(), InputPolicy.Samples.of(samples), this::warn));
            InputMaps maps = InputMaps.of(fit);
            StageAccuracy accuracy = test == null ? null : new StageAccuracy(test, network, wanted,
                    task == null ? EvaluateCommand.column(labels) : null, EvaluateCommand.column(groups), task, maps, cut.head(), options.threads(), progress);
            SettingsSearch search = new SettingsSearch(given, settings -> options.request(settings.settings()),
                    settings -> options.inForce(settings, inputOptions, outputOptions), fit.model(), fit.data(samples), accuracy,
                    program -> {
                        if (version != null) {
                            version.require(model.toString(), program);
                        }
                    }, progress, watch, this::note);
            SearchResult found = null;
            Made made;
            if (goal == null) {
                made = search.make(new Attempt("", List.of(), widths.isMixed() ? widths.budget() : 1));
            } else {
                SettingsSearch.Found best = search.run(goal, wanted, given.settings().tqtOptimization(), !options.profile().isParity(), trials);
                made = best.made();
                found = best.result();
            }
            inputOptions.policy().hint(cut.body(), InputPolicy.Samples.of(samples), options.bits(), options.profile(), this::note);
            if (cut.hint() != null) {
                note(cut.hint());
            }
            return write(made, found, wanted, samples, cut, fit, classNames, watch);
        }
    }

    /** Writes everything that was asked for. */
    private int write(Made made, SearchResult found, String wanted, InputData data, HeadCut cut, InputFit fit, List<String> classNames, Stopwatch watch) {
        InputMaps maps = InputMaps.of(fit);
        DataSource samples = fit.data(data);
        Map<String, Preprocessing.Affine> fitted = maps.after(data.preprocessing());
        Quantized quantized = made.quantized();
        LoweredModel whole = made.lowered();
        LoweredModel lowered = streaming == null ? whole
                : watch.time("lower", () -> Export.streaming(quantized.tuned(), quantized.tunedPlan(), streaming, options.profile()));
        ChipProgram program = watch.time("export", () -> cut.describe(maps.describe(Export.withSettings(
                noTestValues ? lowered.program() : Export.withTestVectors(lowered, samples), made.settings())), lowered, output()));
        List<String> warnings = watch.time("simulate", () -> LaneCheck.warnings(whole, options.target(), samples));
        quantized.coarser().forEach(layer -> note(layer.text()));
        warnings.forEach(this::warn);
        Path file = output();
        cut.write(file);
        Boolean bitExact = watch.time("export", () -> Export.write(program, options.target(), file));
        files.writeScales(quantized);
        files.writeHeader(() -> {
            Model tuned = quantized.tuned();
            return FirmwareHeader.of(stem(), lowered, options.target(), ShapeInference.infer(tuned.graph(), tuned.parameters()), fitted,
                    classNames);
        });
        files.writeQdq(quantized, maps, cut.head(), made.settings());
        Outcome outcome = new Outcome(model.toString(), options.target().id(), options.bits(), RequestOptions.word(options.profile()), watch.seconds(), made.accuracy(),
                quantized.exponentsMoved(), quantized.blocks(), file.toString(), bitExact, PeakMemory.mebibytes(), warnings, quantized.coarser(), made.mixture(), found, made.latency(),
                maps.isEmpty() ? null : Outcome.Input.of(maps, fitted, name -> program.value(name).exponent()),
                cut.outcome(file));
        files.writeReport(() -> HtmlReport.of(Reports.of(outcome, wanted, quantized, whole, options.target(), made.settings(), samples, options.threads())));
        print(outcome, () -> OutcomeText.print(outcome, wanted, out()));
        boolean missed = found != null && !found.met();
        if (missed) {
            warn(OutcomeText.missed(found));
        }
        return Boolean.FALSE.equals(bitExact) || missed ? BitgrainException.Kind.CHECK_FAILED.exitCode() : 0;
    }

    /** What a search must find; null: the settings as they are given. */
    SearchGoal goal() {
        return widths.maxDrop() == null ? null : new SearchGoal(widths.maxDrop(), widths.budget());
    }

    /** Without --eval, accuracy is measured on the calibration samples. */
    void measureSomewhere() {
        if (eval == null) {
            eval = calib;
            warn("accuracy is measured on the calibration samples, which flatters it: give --eval DATA");
        }
    }

    /** The options about widths. */
    WidthOptions widths() {
        return widths;
    }

    /** Everything that can be known before the work begins. */
    private void check() {
        options.check();
        if (streaming != null) {
            RequestOptions.atLeast("--streaming", streaming, 1);
        }
        widths.check(options.bits(), goal() != null);
        if (eval == null && goal() != null) {
            throw BitgrainException.usage("--max-drop needs samples to measure on: give --eval DATA");
        }
        if (eval == null && detection.isDetector()) {
            throw BitgrainException.usage("--decoder belongs to --eval DATA, which is missing");
        }
        if (eval == null && (labels != null || groups != null || metric != null)) {
            throw BitgrainException.usage((labels != null ? "--labels" : groups != null ? "--groups" : "--metric")
                    + " belongs to --eval DATA, which is missing");
        }
        inputOptions.policy().check(options.bits(), options.profile(), streaming != null);
        outputOptions.policy().check(streaming != null);
        files.check();
        ModelFile.ONNX.require(model, name());
        WholeFile.check(output());
        files.checkWritable();
        if (widths.trials() != null) {
            WholeFile.check(widths.trials());
        }
    }

    private Path output() {
        if (output != null) {
            return output;
        }
        return Path.of(stem() + ".espdl");
    }

    private String stem() {
        String name = model.getFileName().toString();
        return name.substring(0, name.lastIndexOf('.'));
    }
}
