package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.cli.settings.SettingsBinder;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.equalize.RangeEqualization;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.search.MixedPrecision;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Makes a quantized network from settings, and tries settings until one is good enough. */
public final class SettingsSearch {
    private static final int NAMED_LAYERS = 5;

    private final SettingsBinder<QuantizationSettings> given;
    private final Function<SettingsBinder<QuantizationSettings>, Request> request;
    private final Function<SettingsBinder<QuantizationSettings>, Map<String, Object>> inForce;
    private final Model network;
    private final DataSource calibration;
    private final StageAccuracy accuracy;
    private final Consumer<ChipProgram> check;
    private final Progress progress;
    private final Stopwatch watch;
    private final Consumer<String> log;
    private final Map<Boolean, WidthChoice> widths = new HashMap<>();

    /**
     * @param given the user's settings
     * @param request the job for settings
     * @param inForce what is written into the model for settings
     * @param accuracy measures; null without test samples
     * @param check refuses programs that the chip's software cannot load
     * @param log gets a line for every trial
     */
    public SettingsSearch(SettingsBinder<QuantizationSettings> given, Function<SettingsBinder<QuantizationSettings>, Request> request,
            Function<SettingsBinder<QuantizationSettings>, Map<String, Object>> inForce, Model network, DataSource calibration,
            StageAccuracy accuracy, Consumer<ChipProgram> check, Progress progress, Stopwatch watch, Consumer<String> log) {
        this.given = given;
        this.request = request;
        this.inForce = inForce;
        this.network = network;
        this.calibration = calibration;
        this.accuracy = accuracy;
        this.check = check;
        this.progress = progress;
        this.watch = watch;
        this.log = log;
    }

    /** The network under the user's settings and those of an attempt. */
    public Made make(Attempt attempt) {
        SettingsBinder<QuantizationSettings> settings = given.copy();
        attempt.assignments().forEach(settings::set);
        MixedPrecision.Choice mixture = attempt.budget() > 1 ? widths(settings).within(attempt.budget()) : null;
        if (mixture != null) {
            mixture.nodes().forEach(node -> settings.set("dispatching_table." + node, "16"));
        }
        Request job = request.apply(settings);
        Quantized quantized = new Quantization(job, progress, watch).run(network, calibration);
        LoweredModel lowered = watch.time("lower", () -> Lowering.lower(quantized.tuned(), quantized.tunedPlan(),
                Export.lowering(job.profile())));
        check.accept(lowered.program());
        Map<String, Double> values = accuracy == null
                ? Map.of()
                : watch.time("simulate", () -> accuracy.of(quantized, lowered, job.target()));
        return new Made(inForce.apply(settings), quantized, lowered, values, mixture);
    }

    /** Layers are judged as training would find them: with channel ranges evened out, if it does that. */
    private WidthChoice widths(SettingsBinder<QuantizationSettings> settings) {
        QuantizationSettings wanted = settings.settings();
        boolean equalized = wanted.equalization()
                || wanted.tqtOptimization() && wanted.tqtOptimizationSetting().equalize() && !request.apply(settings).profile().isParity();
        return widths.computeIfAbsent(equalized, key -> {
            SettingsBinder<QuantizationSettings> narrow = given.copy();
            narrow.set("tqt_optimization", "false").set("bias_correct", "false")
                    .set("blockwise_reconstruction", "false").set("equalization", String.valueOf(equalized));
            return new WidthChoice(request.apply(narrow), network, calibration, progress, watch);
        });
    }

    /**
     * What a search ends with.
     *
     * @param made the first network that meets the goal, else the best one
     */
    public record Found(Made made, SearchResult result) {}

    /**
     * Tries what the goal names.
     *
     * @param metric name of the metric, one with a drop
     * @param tqt whether the user wants training in any case
     * @param equalizable whether the profile can even out channel ranges
     * @param file trials made before, which are not made again, and those that are made now
     */
    public Found run(SearchGoal goal, String metric, boolean tqt, boolean equalizable, TrialFile file) {
        List<SearchResult.Trial> trials = new ArrayList<>();
        Made best = null;
        Attempt bestAttempt = null;
        SearchResult.Trial chosen = null;
        boolean padded = equalizable && RangeEqualization.shiftsBehindPads(GraphPasses.apply(network));
        for (Attempt attempt : goal.attempts(tqt, equalizable, padded)) {
            SearchResult.Trial trial = file.find(attempt.name());
            Made made = null;
            if (trial == null) {
                made = make(attempt);
                double chip = made.accuracy().get("chip");
                trial = new SearchResult.Trial(attempt.name(), made.latency(), chip, SearchGoal.drop(metric, made.accuracy().get("float"), chip));
                file.add(trial);
            }
            trials.add(trial);
            log.accept(String.format(Locale.ROOT, "%s: %s drops by %.4g; estimated latency %.2fx%s", trial.name(), metric, trial.drop(), trial.latency(),
                    made == null ? " (tried before)" : ""));
            boolean allowed = chosen == null || goal.allows(trial.latency());
            // Of equals the earlier one stays: it is faster on the chip, or sooner made.
            if (allowed && (chosen == null || trial.drop() < chosen.drop())) {
                best = made;
                bestAttempt = attempt;
                chosen = trial;
            }
            if (allowed && goal.isMet(trial.drop())) {
                break;
            }
        }
        boolean met = Double.isNaN(goal.maxDrop()) || goal.isMet(chosen.drop());
        return new Found(best == null ? make(bestAttempt) : best, new SearchResult(Double.isNaN(goal.maxDrop()) ? null : goal.maxDrop(), met, trials, chosen.name(),
                met ? List.of() : preventing(goal)));
    }

    /** The layers that stay at 8 bits within the whole budget, the largest error first. */
    private List<String> preventing(SearchGoal goal) {
        SettingsBinder<QuantizationSettings> settings = given.copy();
        settings.set("tqt_optimization", "true");
        return widths(settings).within(goal.budget()).layers().stream()
                .filter(layer -> !layer.wide()).limit(NAMED_LAYERS)
                .map(MixedPrecision.Layer::node)
                .toList();
    }
}
