package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.inspect.ChipFigures;
import io.github.bitgrain.cli.inspect.Inspection;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis;
import io.github.bitgrain.quantizer.analyze.LayerError;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Gathers what the page of {@code --report} tells. */
public final class Reports {
    /** As many as ESP-PPQ's error report looks at in batches; more change the figures little. */
    private static final int ERROR_SAMPLES = 32;

    private Reports() {}

    /**
     * A report.
     *
     * @param settings settings in force
     * @param samples calibration samples; the first few serve for the error of the layers
     */
    public static Report of(Outcome outcome, String metric, Quantized quantized, ChipProgram program, Map<String, Object> settings,
            DataSource samples, int threads) {
        DataSource few = samples.range(0, Math.min(ERROR_SAMPLES, samples.samples()));
        List<LayerError> calibrated = new ErrorAnalysis(quantized.calibrated(), few, threads)
                .graphwise(quantized.calibrated(), quantized.calibratedPlan());
        Map<String, Double> trained = new LinkedHashMap<>();
        if (quantized.trained()) {
            new ErrorAnalysis(quantized.reference(), few, threads).graphwise(quantized.tuned(), quantized.tunedPlan())
                    .forEach(error -> trained.put(error.node(), error.snr()));
        }
        List<Report.Bar> errors = calibrated.stream()
                .map(error -> new Report.Bar(error.node(), error.snr(), trained.getOrDefault(error.node(), Double.NaN)))
                .toList();
        Inspection figures = ChipFigures.of("", program, null);
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("nodes on the chip", String.valueOf(figures.nodes()));
        facts.put("parameters", String.format(Locale.ROOT, "%,d in %.1f KiB", figures.parameters(), figures.parameterBytes() / 1024.0));
        facts.put("multiply-accumulates", String.format(Locale.ROOT, "%,d", figures.macs()));
        facts.put("values in flight", String.format(Locale.ROOT, "%.1f KiB", figures.activationBytes() / 1024.0));
        facts.put("test vectors", outcome.bitExact() == null ? "none" : outcome.bitExact() ? "bit-exact" : "not bit-exact");
        if (quantized.trained()) {
            facts.put("exponents moved by training", String.valueOf(outcome.exponentsMoved()));
        }
        return new Report(
                Path.of(outcome.model()).getFileName().toString(),
                outcome.target(),
                outcome.bits(),
                outcome.profile(),
                facts,
                metric,
                outcome.accuracy(),
                errors,
                outcome.blocks().stream().map(b -> new Report.Block(b.name(), b.lossBefore(), b.lossAfter())).toList(),
                List.of(),
                settings);
    }
}
