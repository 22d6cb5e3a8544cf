package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.network.NetworkFile;
import io.github.bitgrain.cli.pipeline.HeadCut;
import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.Quantization;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.pipeline.Request;
import io.github.bitgrain.cli.pipeline.Stopwatch;
import io.github.bitgrain.cli.report.Sensitivity;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.cli.settings.SettingsBinder;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.analyze.DataLint;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.simulator.lowering.Lowering;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Where quantization hurts, without writing a model. */
@Command(
        name = "analyze",
        header = "Ranks the layers by the error that quantization causes.",
        description = "Calibrates the network and measures noise ÷ signal (smaller is better): cumulated at each layer, and at the outputs "
                + "with one layer quantized alone, only its weights, only its activations, or everything but the layer; and estimates what share of the chip's time each layer takes.",
        footer = "  bitgrain analyze model.onnx --calib images.npy --target esp32s3")
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

    @Option(names = "--target", converter = TargetOption.class, defaultValue = "esp32p4", paramLabel = "TARGET",
            description = "esp32p4 (default), esp32s3, c, or the name of another chip.")
    private Target target;

    @Option(names = "--bits", defaultValue = "8", paramLabel = "8|16", description = "Width of weights and activations. Default: 8.")
    private int bits;

    @Option(names = "--calibration", paramLabel = "NAME",
            description = "Algorithm for activations: kl, percentile, minmax, mse, isotone (keeps first places; improved only). Default: mse; "
                    + "under --profile parity kl.")
    private QuantizationSettings.Algorithm calibration;

    @Option(names = "--calib-batch", defaultValue = "32", paramLabel = "N", description = "Samples in a calibration batch. Default: 32.")
    private int calibBatch;

    @Option(names = "--calib-steps", defaultValue = "0", paramLabel = "N",
            description = "Number of calibration batches. Default: all samples once.")
    private int calibSteps;

    @Option(names = "--samples", defaultValue = "32", paramLabel = "N",
            description = "Samples on which the errors are measured, from the first on. Default: 32.")
    private int samples;

    @Option(names = "--tensors", description = "Print a table of all quantized tensors as well: range, mean, spread, clipped values, rounding noise, and how "
            + "unequal the channels of weights are. --json has them always, with histograms.")
    private boolean tensors;

    @Option(names = "--profile", defaultValue = "improved", paramLabel = "NAME", description = "improved (default) or parity.")
    private Profile profile;

    @Option(names = "--settings", paramLabel = "FILE", description = "Settings in YAML or JSON, under ESP-PPQ's names.")
    private Path settingsFile;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "One setting.")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--threads", paramLabel = "N", description = "Number of threads. Results do not depend on it. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() {
        if (bits != 8 && bits != 16) {
            throw BitgrainException.usage("--bits: " + bits + " is neither 8 nor 16");
        }
        QuantizeCommand.atLeast("--calib-batch", calibBatch, 1);
        QuantizeCommand.atLeast("--calib-steps", calibSteps, 0);
        QuantizeCommand.atLeast("--samples", samples, 1);
        QuantizeCommand.atLeast("--threads", threads, 1);
        inputOptions.policy().check(bits, profile, false);
        ModelFile.ONNX.require(model, name());
        Request request = new Request(target, bits, profile, settings(), calibBatch, calibSteps, 0, threads);
        if (request.settings().tqtOptimization()) {
            throw BitgrainException.usage("tqt_optimization: analyze looks at calibration only; use quantize --tqt --report FILE.html");
        }
        if (request.settings().tuning().any()) {
            throw BitgrainException.usage((request.settings().biasCorrect() ? "bias_correct" : "blockwise_reconstruction")
                    + ": analyze looks at calibration only; use quantize --report FILE.html");
        }
        Model network = NetworkFile.read(model, shapes.shapes(), this::note);
        Progress progress = progress();
        try (Network floatNetwork = new FloatNetwork(network, threads);
                InputData data = InputData.open(calib, floatNetwork.inputs(), dataOptions.preprocessing())) {
            DataLint.warnings(network, data, data.variants(), threads).forEach(this::warn);
            HeadCut cut = outputOptions.policy().cut(network, data, bits, profile, false, threads, this::warn);
            if (cut.head() != null) {
                note("errors are those of the " + cut.body().graph().outputs().size() + " outputs in front of the head, which is left to the application"
                        + (cut.reason() == null ? "" : ": " + cut.reason()));
            }
            Lowering.requireKernels(GraphPasses.apply(cut.body(), profile).graph());
            InputFit fit = inputOptions.policy().fit(cut.body(), InputPolicy.Samples.of(data), this::warn);
            DataSource fitted = fit.data(data);
            Quantized quantized = new Quantization(request, progress, new Stopwatch()).run(fit.model(), fitted);
            Sensitivity result = Sensitivity.of(quantized, fitted.range(0, Math.min(samples, data.samples())), profile, tensors || json(), threads);
            inputOptions.policy().hint(cut.body(), InputPolicy.Samples.of(data), bits, profile, this::note);
            if (cut.hint() != null) {
                note(cut.hint());
            }
            print(result, () -> result.print(out()));
        }
        return 0;
    }

    private QuantizationSettings settings() {
        SettingsBinder<QuantizationSettings> binder = QuantizationSettings.binder(profile);
        if (settingsFile != null) {
            binder.file(settingsFile, QuantizeCommand.options(target, bits, profile, calibBatch, calibSteps, inputOptions.fits(), outputOptions.word(), null));
        }
        if (calibration != null) {
            binder.set("quantize_activation_setting.calib_algorithm=" + calibration.name().toLowerCase(Locale.ROOT));
        }
        assignments.forEach(binder::set);
        return binder.settings();
    }
}
