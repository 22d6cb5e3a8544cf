package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.inspect.ChipFigures;
import io.github.bitgrain.cli.inspect.Inspection;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.OutcomeText;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.analyze.ErrorAnalysis;
import io.github.bitgrain.quantizer.cost.ChipTime;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Gathers what the page of {@code --report} tells. */
public final class Reports {
    /** As many as ESP-PPQ's error report looks at in batches; more change the figures little. */
    private static final int ERROR_SAMPLES = 32;
    /** Forming the sums again takes a multiple of the simulation. */
    private static final int LANE_SAMPLES = 8;

    private Reports() {}

    /**
     * A report.
     *
     * @param settings settings in force
     * @param samples calibration samples; the first few serve for the figures of layers and tensors
     */
    public static Report of(Outcome outcome, String metric, Quantized quantized, LoweredModel lowered, Target target,
            Map<String, Object> settings, DataSource samples, int threads) {
        DataSource few = samples.range(0, Math.min(ERROR_SAMPLES, samples.samples()));
        return new Report(
                Path.of(outcome.model()).getFileName().toString(),
                outcome.target(),
                outcome.bits(),
                outcome.profile(),
                facts(outcome, quantized, lowered.program()),
                metric,
                outcome.accuracy(),
                layers(quantized, few, threads),
                outcome.blocks().stream().map(b -> new Report.Block(b.name(), b.lossBefore(), b.lossAfter())).toList(),
                quantized.curves(),
                TensorSurvey.of(quantized.tuned(), quantized.tunedPlan(), quantized.calibrated().graph(), few, threads),
                accumulators(lowered, target, few),
                notes(outcome),
                settings);
    }

    private static List<String> notes(Outcome outcome) {
        return Stream.concat(outcome.coarserWeights().stream().map(CoarserWeights::text), outcome.warnings().stream()).toList();
    }

    private static Map<String, String> facts(Outcome outcome, Quantized quantized, ChipProgram program) {
        Map<String, String> facts = new LinkedHashMap<>(size(ChipFigures.of("", program, null)));
        Double milliseconds = time(quantized).milliseconds(1);
        if (milliseconds != null) {
            facts.put("estimated time, one core", String.format(Locale.ROOT, "%.1f ms", milliseconds));
        }
        facts.put("test vectors", outcome.bitExact() == null ? "none" : outcome.bitExact() ? "bit-exact" : "not bit-exact");
        if (outcome.inputs() != null) {
            outcome.inputs().forEach((name, input) -> facts.put("input " + name + ", fitted", OutcomeText.fed(input)));
        }
        if (outcome.mixedPrecision() != null) {
            facts.put("products at 16 bits", String.format(Locale.ROOT, "%.1f %%", 100 * outcome.mixedPrecision().wideMacs()));
            facts.put("estimated latency", String.format(Locale.ROOT, "%.2f × 8 bits", outcome.mixedPrecision().latency()));
        }
        if (outcome.search() != null) {
            facts.put("settings found", outcome.search().chosen());
        }
        if (quantized.trained()) {
            facts.put("exponents moved by training", String.valueOf(outcome.exponentsMoved()));
        }
        return facts;
    }

    /** How much a program is, in a few words for each measure. */
    static Map<String, String> size(Inspection figures) {
        Map<String, String> size = new LinkedHashMap<>();
        size.put("nodes on the chip", String.valueOf(figures.nodes()));
        size.put("parameters", String.format(Locale.ROOT, "%,d in %.1f KiB", figures.parameters(), figures.parameterBytes() / 1024.0));
        size.put("multiply-accumulates", String.format(Locale.ROOT, "%,d", figures.macs()));
        size.put("values in flight", String.format(Locale.ROOT, "%.1f KiB", figures.activationBytes() / 1024.0));
        return size;
    }

    private static List<Report.Layer> layers(Quantized quantized, DataSource samples, int threads) {
        Map<String, Double> trained = new HashMap<>();
        if (quantized.trained()) {
            new ErrorAnalysis(quantized.reference(), samples, threads).graphwise(quantized.tuned(), quantized.tunedPlan())
                    .forEach(error -> trained.put(error.node(), error.snr()));
        }
        QuantPlan plan = quantized.calibratedPlan();
        ChipTime time = time(quantized);
        return new ErrorAnalysis(quantized.calibrated(), samples, threads).graphwise(quantized.calibrated(), plan).stream()
                .map(error -> new Report.Layer(error.node(), quantized.calibrated().graph().node(error.node()).op().onnxType(),
                        plan.bits(error.node()), error.snr(), trained.getOrDefault(error.node(), Double.NaN), error.cosine(),
                        time.share(error.node())))
                .toList();
    }

    private static ChipTime time(Quantized quantized) {
        return ChipTime.of(quantized.tuned(), quantized.tunedPlan());
    }

    /** Layers whose weights rule saturation out are not summed up again: for them what is proven is told as seen. */
    private static List<Report.Accumulator> accumulators(LoweredModel lowered, Target target, DataSource samples) {
        Map<String, Headroom.Layer> seen = new HashMap<>();
        Simulator simulator = new Simulator(lowered.program(), target);
        Headroom.Watch watch = new Headroom.Watch(simulator, true);
        if (watch.isNeeded()) {
            simulator.observe(watch);
            for (int i = 0; i < Math.min(LANE_SAMPLES, samples.samples()); i++) {
                samples.read(i, 1).forEach((name, tensor) -> simulator.setInput(name, lowered.toChipOrder(name, tensor.data())));
                simulator.run();
            }
            watch.layers().forEach(layer -> seen.put(layer.node(), layer));
        }
        return Headroom.bound(lowered.program(), target).stream()
                .map(layer -> {
                    Headroom.Layer observed = seen.getOrDefault(layer.node(), layer);
                    return new Report.Accumulator(layer.node(), layer.type(), layer.laneBits(), layer.bitsLeft(), observed.bitsLeft(),
                            observed.saturated(), layer.channels().size());
                })
                .toList();
    }
}
