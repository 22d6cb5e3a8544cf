package io.github.bitgrain.quantizer;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.quantizer.plan.Dispatcher;
import io.github.bitgrain.quantizer.tqt.BiasCorrectionSetting;
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
        if (accumulatorHeadroom && profile.isParity()) {
            throw BitgrainException.usage("accumulator_headroom: belongs to --profile improved; ESP-PPQ does not look at accumulators");
        }
        Tuning.check(profile.isParity(), tqt, tuning);
    }

    /**
     * What the command {@code quantize} does where nothing is said: 8 bits, improved, exact-error calibration on all samples, channel ranges
     * evened out and biases corrected, no training, all processors.
     */
    public static QuantizationOptions of(Target target) {
        return plain(target).equalization(true).tuning(new TuningPasses(BiasCorrectionSetting.IMPROVED, null)).build();
    }

    /** What the command {@code quantize --tqt} does where nothing is said: training evens out ranges and corrects biases itself. */
    public static QuantizationOptions training(Target target) {
        return plain(target).tqt(TqtSetting.IMPROVED).build();
    }

    /** Begins with calibration alone under {@code improved}: 8 bits, exact error, all samples in batches of 32, all processors. */
    public static Builder plain(Target target) {
        return plain(target, Profile.IMPROVED);
    }

    /** The same under a profile; under parity activations are calibrated by kl, as ESP-PPQ does by default, and nothing looks at accumulators. */
    public static Builder plain(Target target, Profile profile) {
        return new Builder(target, profile);
    }

    /** Begins with these. */
    public Builder edit() {
        return new Builder(this);
    }

    /** These for calibrating a part of the network: without what belongs to nodes outside, and without scales set by hand. */
    QuantizationOptions forPart(Graph part) {
        Map<String, Integer> known = new LinkedHashMap<>(bitsByNode);
        known.keySet().removeIf(node -> part.node(node) == null);
        return edit().bitsByNode(known).fixedScales(Map.of()).calibSteps(0).equalization(false).weightPasses(WeightPasses.NONE)
                .withoutTqt().tuning(TuningPasses.NONE).accumulatorHeadroom(false).build();
    }

    /** The widths of all nodes of a network that do not have {@code bits}. */
    Map<String, Integer> bitsIn(Graph graph) {
        return dispatcher.bits(graph, bitsByNode);
    }

    /** Whether layers are given room in their accumulators: those of other targets hold the sums of any layer. */
    boolean relievesLanes() {
        return accumulatorHeadroom && target.hasNarrowLanes();
    }

    /** Whether anything changes weights or exponents after calibration. */
    public boolean tunes() {
        return tqt || tuning.any();
    }

    /** Options, one after the other; components are those of the record, with its meaning. */
    public static final class Builder {
        private final Target target;
        private final Profile profile;
        private int bits = 8;
        private Map<String, Integer> bitsByNode = Map.of();
        private Dispatcher dispatcher = Dispatcher.ALLIN;
        private String calibration;
        private boolean sequential;
        private Map<String, Double> fixedScales = Map.of();
        private int calibBatch = 32;
        private int calibSteps;
        private boolean equalization;
        private EqualizationSetting equalizationSetting = EqualizationSetting.DEFAULT;
        private WeightPasses weightPasses = WeightPasses.NONE;
        private boolean tqt;
        private TqtSetting tqtSetting;
        private TuningPasses tuning = TuningPasses.NONE;
        private boolean accumulatorHeadroom;
        private int threads = Runtime.getRuntime().availableProcessors();
        private long seed;

        private Builder(Target target, Profile profile) {
            this.target = target;
            this.profile = profile;
            calibration = profile.isParity() ? Observers.KL : Observers.MSE;
            tqtSetting = profile.isParity() ? TqtSetting.PARITY : TqtSetting.IMPROVED;
            accumulatorHeadroom = !profile.isParity();
        }

        private Builder(QuantizationOptions options) {
            target = options.target;
            profile = options.profile;
            bits = options.bits;
            bitsByNode = options.bitsByNode;
            dispatcher = options.dispatcher;
            calibration = options.calibration;
            sequential = options.sequential;
            fixedScales = options.fixedScales;
            calibBatch = options.calibBatch;
            calibSteps = options.calibSteps;
            equalization = options.equalization;
            equalizationSetting = options.equalizationSetting;
            weightPasses = options.weightPasses;
            tqt = options.tqt;
            tqtSetting = options.tqtSetting;
            tuning = options.tuning;
            accumulatorHeadroom = options.accumulatorHeadroom;
            threads = options.threads;
            seed = options.seed;
        }

        /** Width where {@link #bitsByNode} says nothing: 8 or 16. */
        public Builder bits(int value) {
            bits = value;
            return this;
        }

        /** Node name → 8, 16, or 0 for float. */
        public Builder bitsByNode(Map<String, Integer> value) {
            bitsByNode = value;
            return this;
        }

        /** Which of the other operators run on integers. */
        public Builder dispatcher(Dispatcher value) {
            dispatcher = value;
            return this;
        }

        /** Algorithm for activations, one of {@link Observers#NAMES}. */
        public Builder calibration(String value) {
            calibration = value;
            return this;
        }

        /** Whether each layer is observed with everything before it quantized. */
        public Builder sequential(boolean value) {
            sequential = value;
            return this;
        }

        /** Node name → scale of its first output. */
        public Builder fixedScales(Map<String, Double> value) {
            fixedScales = value;
            return this;
        }

        /** Samples in a calibration batch. */
        public Builder calibBatch(int value) {
            calibBatch = value;
            return this;
        }

        /** Number of calibration batches; 0: all samples once. */
        public Builder calibSteps(int value) {
            calibSteps = value;
            return this;
        }

        /** Whether ranges are evened out before calibration. */
        public Builder equalization(boolean value) {
            equalization = value;
            return this;
        }

        /** How weights are equalized under parity. */
        public Builder equalizationSetting(EqualizationSetting value) {
            equalizationSetting = value;
            return this;
        }

        /** What is enlarged or equalized in pairs. */
        public Builder weightPasses(WeightPasses value) {
            weightPasses = value;
            return this;
        }

        /** Thresholds are trained, with this setting. */
        public Builder tqt(TqtSetting setting) {
            tqt = true;
            tqtSetting = setting;
            return this;
        }

        /** Thresholds are not trained. */
        public Builder withoutTqt() {
            tqt = false;
            return this;
        }

        /** Passes beside training. */
        public Builder tuning(TuningPasses value) {
            tuning = value;
            return this;
        }

        /** Whether layers get room in narrow accumulators. */
        public Builder accumulatorHeadroom(boolean value) {
            accumulatorHeadroom = value;
            return this;
        }

        /** Number of threads. */
        public Builder threads(int value) {
            threads = value;
            return this;
        }

        /** Chooses which samples are mixed for training. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * The options.
         *
         * @throws BitgrainException (usage) if passes exclude each other
         */
        public QuantizationOptions build() {
            return new QuantizationOptions(target, profile, bits, bitsByNode, dispatcher, calibration, sequential, fixedScales, calibBatch, calibSteps,
                    equalization, equalizationSetting, weightPasses, tqt, tqtSetting, tuning, accumulatorHeadroom, threads, seed);
        }
    }
}
