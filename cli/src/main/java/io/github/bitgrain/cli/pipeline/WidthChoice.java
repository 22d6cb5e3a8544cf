package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.search.MixedPrecision;
import java.util.Map;

/** Chooses layers for 16 bits: the network is calibrated at 8 bits and the error of each layer measured, once for all budgets. */
public final class WidthChoice {
    /** More samples change the order of layers little. */
    private static final int SAMPLES = 32;

    private final MixedPrecision mixture;
    private final Map<String, Double> errors;

    /**
     * Calibrates and measures.
     *
     * @param request settings without training; equalization as it is before training
     */
    public WidthChoice(Request request, Model network, DataSource calibration, Progress progress, Stopwatch watch) {
        Quantized narrow = new Quantization(request, progress, watch).run(network, calibration);
        mixture = new MixedPrecision(narrow.calibrated(), narrow.calibratedPlan());
        DataSource samples = calibration.range(0, Math.min(SAMPLES, calibration.samples()));
        progress.begin("sensitivity", mixture.candidates() + " layers", mixture.candidates());
        errors = watch.time("sensitivity", () -> mixture.errors(samples, request.threads(), progress::step));
        progress.end();
    }

    /** The layers for a budget: the largest latency ÷ latency at 8 bits. */
    public MixedPrecision.Choice within(double budget) {
        return mixture.choose(errors, budget);
    }
}
