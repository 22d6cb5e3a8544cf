package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import java.util.List;
import java.util.Locale;

/** Float network → calibrated and, if wanted, trained plan, with progress. */
public final class Quantization {
    private final Request request;
    private final Progress progress;
    private final Stopwatch watch;

    /**
     * @param watch gets the seconds of calibration and training
     */
    public Quantization(Request request, Progress progress, Stopwatch watch) {
        this.request = request;
        this.progress = progress;
        this.watch = watch;
    }

    /**
     * Quantizes.
     *
     * @throws BitgrainException if the network, the data or the settings do not allow it
     */
    public Quantized run(Model network, DataSource calibration) {
        QuantizationOptions options = options(request);
        String phase = options.tqt() ? "tqt" : "tune";
        WorkProgress shown = new WorkProgress(progress, phase);
        TrainingCurves listener = new TrainingCurves(shown);
        QuantizationResult calibrated = watch.time("calibrate", () -> Bitgrain.calibrate(network, calibration, options, listener));
        shown.end();
        QuantizationResult result = options.tunes()
                ? watch.time(phase, () -> Bitgrain.train(calibrated, calibration, options, listener))
                : calibrated;
        shown.end();
        List<Outcome.Block> blocks = result.blocks().stream()
                .map(block -> new Outcome.Block(block.name(), block.lossBefore(), block.lossAfter()))
                .toList();
        return new Quantized(result.calibrated(), result.calibratedPlan(), result.model(), result.plan(), blocks,
                listener.curves(), result.exponentsMoved(), result.trained(), options.tqt(), result.reference(), result.coarser());
    }

    /** What the library is asked for. */
    static QuantizationOptions options(Request request) {
        QuantizationSettings settings = request.settings();
        if (settings.lsqOptimization() && !request.profile().isParity()) {
            throw BitgrainException.usage("lsq_optimization: belongs to --profile parity; under improved use tqt_optimization");
        }
        if (settings.ssdEqualization() && request.profile().isParity()) {
            throw BitgrainException.usage("ssd_equalization: belongs to --profile improved; ESP-PPQ's runs of it are not reproduced number by number");
        }
        if (settings.ssdEqualization() && settings.tqtOptimization() && settings.tqtOptimizationSetting().equalize()) {
            throw BitgrainException.usage("ssd_equalization: tqt_optimization evens out channel ranges itself and would undo it; switch one of them off, "
                    + "or set tqt_optimization_setting.equalize=false");
        }
        QuantizationOptions.Builder options = QuantizationOptions.plain(request.target(), request.profile())
                .bits(request.bits())
                .bitsByNode(settings.bitsByOperator())
                .dispatcher(settings.dispatching())
                .calibration(settings.quantizeActivationSetting().calibAlgorithm().name().toLowerCase(Locale.ROOT))
                .sequential(settings.quantizeActivationSetting().sequential())
                .fixedScales(settings.fixedScales())
                .calibBatch(request.calibBatch())
                .calibSteps(request.calibSteps())
                .equalization(settings.equalization())
                .equalizationSetting(settings.equalizationSetting())
                .weightPasses(settings.weightPasses())
                .tuning(settings.tuning())
                .accumulatorHeadroom(settings.accumulatorHeadroom())
                .threads(request.threads())
                .seed(request.seed());
        return (settings.trains() ? options.tqt(settings.training()) : options).build();
    }
}
