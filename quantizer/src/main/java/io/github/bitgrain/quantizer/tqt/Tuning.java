package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The passes after calibration, in ESP-PPQ's order: bias correction, threshold training, AdaRound. */
public final class Tuning {
    private Tuning() {}

    /**
     * What ESP-PPQ does: every pass goes on from the state of the one before, on all different batches, and compares with the weights as
     * they were given.
     *
     * @param model float network after the graph passes; stays as it is
     * @param plan calibrated, with passive scales
     * @param tqt threshold training; null: not wanted
     * @param threads threads of the executors
     */
    public static TqtResult parity(Model model, QuantPlan plan, Batches batches, TqtSetting tqt, TuningPasses passes, TqtListener listener, int threads) {
        QuantizedTwin twin = new QuantizedTwin(model, plan, true);
        List<Map<String, Tensor>> all = Tqt.inMemory(batches);
        List<BlockReport> reports = new ArrayList<>();
        if (passes.biasCorrection() != null) {
            reports.addAll(new BiasCorrectionPass(twin, passes.biasCorrection(), true, listener, threads).run(all, all));
        }
        if (tqt != null) {
            reports.addAll(new ParityTqt(twin, tqt, listener, threads).run(all).blocks());
        }
        if (passes.adaRound() != null) {
            reports.addAll(new AdaRound(twin, passes.adaRound(), true, listener, threads).run(all, all));
        }
        return new TqtResult(twin.current(), twin.plan(), reports, ParityTqt.moved(plan, twin.plan()), model, List.of());
    }

    /**
     * Passes without threshold training, kept where samples that are in no mean and train nothing confirm them.
     *
     * @param model float network after the graph passes; stays as it is
     * @param plan calibrated, with passive scales
     * @param threads threads of the executors
     */
    public static TqtResult improved(Model model, QuantPlan plan, Batches batches, TuningPasses passes, TqtListener listener, int threads) {
        QuantizedTwin twin = new QuantizedTwin(model, plan);
        List<BlockReport> reports = new ArrayList<>();
        BiasCorrectionSetting setting = passes.biasCorrection();
        if (setting != null) {
            Samples samples = Samples.split(batches, setting.holdOut(), 0);
            reports.addAll(confirmed(new HeldOutNoise(model, twin, samples.deciding(), threads), () ->
                    new BiasCorrectionPass(twin, setting, false, listener, threads).run(samples.training(), samples.deciding())));
        }
        if (passes.adaRound() != null) {
            reports.addAll(round(model, twin, batches, passes.adaRound(), listener, threads));
        }
        return new TqtResult(twin.current(), twin.plan(), reports, 0, model, List.of());
    }

    /** AdaRound on a twin, taken back as a whole if samples that trained nothing do not confirm it. */
    static List<BlockReport> round(Model reference, QuantizedTwin twin, Batches batches, AdaRoundSetting setting, TqtListener listener, int threads) {
        Samples samples = Samples.split(batches, setting.holdOut(), setting.trainedSamples());
        return confirmed(new HeldOutNoise(reference, twin, samples.deciding(), threads), () ->
                new AdaRound(twin, setting, false, listener, threads).run(samples.mixed(), samples.deciding()));
    }

    private static List<BlockReport> confirmed(HeldOutNoise noise, Supplier<List<BlockReport>> pass) {
        List<BlockReport> reports = new ArrayList<>();
        boolean kept = noise.keepIfNotWorse(noise.now(), () -> reports.addAll(pass.get())).kept();
        return kept ? reports : reports.stream().map(BlockReport::takenBack).toList();
    }

    /**
     * Refuses passes that say the same, and what ESP-PPQ does not have under its profile.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public static void check(boolean parity, boolean tqt, TuningPasses passes) {
        if (!parity && tqt && passes.biasCorrection() != null) {
            throw BitgrainException.usage("bias_correct: under --profile improved tqt_optimization corrects biases itself; switch bias_correct off");
        }
        if (parity && passes.biasCorrection() != null) {
            refuse("bn_reestimation", passes.biasCorrection().bnReestimation());
            refuse("weight_compensation", passes.biasCorrection().weightCompensation());
        }
    }

    private static void refuse(String setting, boolean wanted) {
        if (wanted) {
            throw BitgrainException.usage(BiasCorrectionSetting.GROUP + "." + setting + ": belongs to --profile improved; ESP-PPQ corrects means only");
        }
    }
}
