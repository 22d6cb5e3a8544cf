package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.network.NetworkFile;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.HeadCut;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.LaneCheck;
import io.github.bitgrain.cli.pipeline.Quantization;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.pipeline.Request;
import io.github.bitgrain.cli.pipeline.Stopwatch;
import io.github.bitgrain.cli.report.Analysis;
import io.github.bitgrain.cli.report.AnalysisPage;
import io.github.bitgrain.cli.report.Sensitivity;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.cli.settings.SettingsBinder;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.quantizer.analyze.DataLint;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Where quantization hurts, without writing a model. */
@Command(
        name = "analyze",
        header = "Ranks the layers by the error that quantization causes.",
        description = "Makes the network that quantize without --tqt makes with the same options, and measures noise ÷ signal (smaller is better): cumulated at "
                + "each layer, and at the outputs with one layer quantized alone, only its weights, only its activations, everything but the layer, or the layer at 16 bits; and estimates "
                + "what share of the chip's time each layer takes. Nothing is written but what --report asks for.",
        footer = {
            "  bitgrain analyze model.onnx --calib images.npy --target esp32s3",
            "  bitgrain analyze model.onnx --calib images.npy --target esp32s3 --report analysis.html"
        })
public final class AnalyzeCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL.onnx", description = "The float network.")
    private Path model;

    @Option(names = "--calib", required = true, paramLabel = "DATA", description = "Calibration samples, as for quantize.")
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

    @Option(names = "--samples", defaultValue = "32", paramLabel = "N",
            description = "Samples on which the errors are measured, from the first on. Default: 32.")
    private int samples;

    @Option(names = "--report", paramLabel = "FILE.html", description = "Write one self-contained page: headline figures, warnings, ranking of the layers, every tensor "
            + "with its histogram and clipping, time and memory of each node, settings.")
    private Path report;

    @Option(names = "--tensors", description = "Print a table of all quantized tensors as well: range, mean, spread, clipped values, rounding noise, and how "
            + "unequal the channels of weights are. --json has them always, with histograms.")
    private boolean tensors;

    /** What was warned of and remarked, for the page. */
    private final List<String> known = new ArrayList<>();

    @Override
    public Integer call() {
        options.check();
        RequestOptions.atLeast("--samples", samples, 1);
        inputOptions.policy().check(options.bits(), options.profile(), false);
        ModelFile.ONNX.require(model, name());
        if (report != null) {
            WholeFile.check(report);
        }
        SettingsBinder<QuantizationSettings> settings = options.settings(inputOptions, outputOptions, false);
        Request request = options.request(settings.settings());
        if (request.settings().trains()) {
            throw BitgrainException.usage((request.settings().tqtOptimization() ? "tqt_optimization" : "lsq_optimization")
                    + ": analyze looks at networks that are not trained; use quantize --tqt --report FILE.html");
        }
        Model network = NetworkFile.read(model, shapes.shapes(), this::note);
        Progress progress = progress();
        try (Network floatNetwork = new FloatNetwork(network, options.threads());
                InputData data = InputData.open(calib, floatNetwork.inputs(), dataOptions.preprocessing())) {
            DataLint.warnings(network, data, data.variants(), options.threads()).forEach(this::know);
            HeadCut cut = outputOptions.policy().cut(network, data, options.bits(), options.profile(), false, options.threads(), this::know);
            if (cut.head() != null) {
                remark("errors are those of the " + cut.body().graph().outputs().size() + " outputs in front of the head, which is left to the application"
                        + (cut.reason() == null ? "" : ": " + cut.reason()));
            }
            Lowering.requireKernels(GraphPasses.apply(cut.body(), options.profile()).graph());
            InputFit fit = inputOptions.policy().fit(cut.body(), InputPolicy.Samples.of(data), this::know);
            DataSource fitted = fit.data(data);
            Quantized quantized = new Quantization(request, progress, new Stopwatch()).run(fit.model(), fitted);
            quantized.coarser().forEach(layer -> remark(layer.text()));
            LoweredModel lowered = Lowering.lower(quantized.tuned(), quantized.tunedPlan(), Export.lowering(options.profile()));
            LaneCheck.warnings(lowered, options.target(), fitted).forEach(this::know);
            Sensitivity result = Sensitivity.of(quantized, request, fitted.range(0, Math.min(samples, data.samples())), tensors || json() || report != null, report);
            inputOptions.policy().hint(cut.body(), InputPolicy.Samples.of(data), options.bits(), options.profile(), this::note);
            if (cut.hint() != null) {
                note(cut.hint());
            }
            if (report != null) {
                Analysis analysis = new Analysis(model.getFileName().toString(), options.target().id(), options.bits(), RequestOptions.word(options.profile()),
                        lowered.program(), result, known, options.inForce(settings, inputOptions, outputOptions));
                WholeFile.write(report, AnalysisPage.of(analysis).getBytes(StandardCharsets.UTF_8));
            }
            print(result, () -> result.print(out(), tensors));
        }
        return 0;
    }

    /** Warns, and keeps it for the page. */
    private void know(String line) {
        warn(line);
        known.add(line);
    }

    /** Tells something about the network, and keeps it for the page. */
    private void remark(String line) {
        note(line);
        known.add(line);
    }
}
