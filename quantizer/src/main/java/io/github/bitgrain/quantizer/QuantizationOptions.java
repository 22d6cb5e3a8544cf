package io.github.bitgrain.quantizer;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.quantizer.plan.Dispatcher;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.quantizer.tqt.Tuning;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a network is to be quantized.
 *
 * @param target chip family
 * @param profile whether ESP-PPQ's defects are reproduced
 * @param bits width of weights and activations where {@code bitsByNode} says nothing: 8 or 16
 * @param bitsByNode node name → 8, 16, or 0 for float
 * @param dispatcher which of the other operators run on integers
 * @param calibration algorithm for activations, one of {@link Observers#NAMES}
 * @param sequential whether each layer is observed with everything before it quantized; {@link Profile#IMPROVED} only
 * @param fixedScales node name → scale of its first output, set after calibration
 * @param calibBatch samples in a calibration batch
 * @param calibSteps number of calibration batches; 0: all samples once
 * @param equalization parity: ESP-PPQ's equalization of weights; improved: channel ranges are evened out before calibration
 * @param equalizationSetting how weights are equalized under parity
 * @param weightPasses what is enlarged before that, and equalized in pairs after it
 * @param tqt whether thresholds are trained
 * @param tqtSetting how thresholds are trained
 * @param tuning passes beside that
 * @param accumulatorHeadroom improved: whether layers whose narrow accumulators saturate get coarser weights where that pays
 * @param threads number of threads; results do not depend on it
 * @param seed chooses which samples are mixed for training
 */
public record QuantizationOptions(
        Target target,
        Profile profile,
        int bits,
        Map<String, Integer> bitsByNode,
        Dispatcher dispatcher,
        String calibration,
        boolean sequential,
        Map<String, Double> fixedScales,
        int calibBatch,
        int calibSteps,
        boolean equalization,
        EqualizationSetting equalizationSetting,
        WeightPasses weightPasses,
        boolean tqt,
        TqtSetting tqtSetting,
        TuningPasses tuning,
        boolean accumulatorHeadroom,
        int threads,
        long seed) {
    private static final int CALIB_BATCH = 32;

    /**
     * Takes copies.
     *
     * @throws io.github.bitgrain.core.BitgrainException (usage) if passes exclude each other
     */
    public QuantizationOptions {
        bitsByNode = Collections.unmodifiableMap(new LinkedHashMap<>(bitsByNode));
        fixedScales = Collections.unmodifiableMap(new LinkedHashMap<>(fixedScales));
        if (sequential && profile.isParity()) {
            throw BitgrainException.usage("quantize_activation_setting.sequential: belongs to --profile improved; ESP-PPQ observes every layer "
                    + "on activations that are not quantized");
        }
        Tuning.check(profile.isParity(), tqt, tuning);
    }

    /** Options without passes that enlarge the network or change weights beside threshold training. */
    public QuantizationOptions(Target target, Profile profile, int bits, Map<String, Integer> bitsByNode, String calibration,
            Map<String, Double> fixedScales, int calibBatch, int calibSteps, boolean equalization, EqualizationSetting equalizationSetting,
            boolean tqt, TqtSetting tqtSetting, int threads) {
        this(target, profile, bits, bitsByNode, Dispatcher.ALLIN, calibration, false, fixedScales, calibBatch, calibSteps, equalization, equalizationSetting,
                WeightPasses.NONE, tqt, tqtSetting, TuningPasses.NONE, !profile.isParity(), threads, 0);
    }

    /** The defaults: 8 bits, improved, exact-error calibration on all samples, no training, all processors. */
    public static QuantizationOptions of(Target target) {
        return new QuantizationOptions(target, Profile.IMPROVED, 8, Map.of(), Observers.MSE, Map.of(), CALIB_BATCH, 0, false,
                EqualizationSetting.DEFAULT, false, TqtSetting.IMPROVED, Runtime.getRuntime().availableProcessors());
    }

    /** These with another number of samples in a calibration batch. */
    public QuantizationOptions withBatch(int samples) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, samples, calibSteps, equalization,
                equalizationSetting, weightPasses, tqt, tqtSetting, tuning, accumulatorHeadroom, threads, seed);
    }

    /** These with each layer observed behind quantized ones, or not. */
    public QuantizationOptions withSequential(boolean on) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, on, fixedScales, calibBatch, calibSteps, equalization,
                equalizationSetting, weightPasses, tqt, tqtSetting, tuning, accumulatorHeadroom, threads, seed);
    }

    /** These with thresholds trained. */
    public QuantizationOptions withTqt(TqtSetting setting) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, calibBatch, calibSteps, equalization,
                equalizationSetting, weightPasses, true, setting, tuning, accumulatorHeadroom, threads, seed);
    }

    /** These with passes that enlarge the network. */
    public QuantizationOptions withWeightPasses(WeightPasses passes) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, calibBatch, calibSteps, equalization,
                equalizationSetting, passes, tqt, tqtSetting, tuning, accumulatorHeadroom, threads, seed);
    }

    /** These with passes that change weights after calibration. */
    public QuantizationOptions withTuning(TuningPasses passes) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, calibBatch, calibSteps, equalization,
                equalizationSetting, weightPasses, tqt, tqtSetting, passes, accumulatorHeadroom, threads, seed);
    }

    /** These with or without room for the sums of layers whose accumulators are narrow. */
    public QuantizationOptions withAccumulatorHeadroom(boolean wanted) {
        return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, calibBatch, calibSteps, equalization,
                equalizationSetting, weightPasses, tqt, tqtSetting, tuning, wanted, threads, seed);
    }

    /** These for calibrating a part of the network: without what belongs to nodes outside, and without scales set by hand. */
    QuantizationOptions forPart(Graph part) {
        Map<String, Integer> known = new LinkedHashMap<>(bitsByNode);
        known.keySet().removeIf(node -> part.node(node) == null);
        return new QuantizationOptions(target, profile, bits, known, dispatcher, calibration, sequential, Map.of(), calibBatch, 0, false,
                equalizationSetting, WeightPasses.NONE, false, tqtSetting, TuningPasses.NONE, false, threads, seed);
    }

    /** The widths of all nodes of a network that do not have {@code bits}. */
    Map<String, Integer> bitsIn(Graph graph) {
        return dispatcher.bits(graph, bitsByNode);
    }

    /** Whether layers are given room in their accumulators: those of other targets hold the sums of any layer. */
    boolean relievesLanes() {
        return accumulatorHeadroom && !profile.isParity() && target.hasNarrowLanes();
    }

    /** Whether anything changes weights or exponents after calibration. */
    public boolean tunes() {
        return tqt || tuning.any();
    }
}
