package io.github.bitgrain.cli.settings;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.WeightPasses;
import io.github.bitgrain.quantizer.equalize.ChannelSplitSetting;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.quantizer.equalize.SsdSetting;
import io.github.bitgrain.quantizer.equalize.WeightSplitSetting;
import io.github.bitgrain.quantizer.plan.Dispatcher;
import io.github.bitgrain.quantizer.tqt.AdaRoundSetting;
import io.github.bitgrain.quantizer.tqt.BiasCorrectionSetting;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings of a quantization as files and {@code --set} name them: ESP-PPQ's names, so that people can bring their
 * files. What Bitgrain does not do yet may stand in a file switched off; switched on it is refused by name.
 *
 * @param tqtOptimization whether thresholds are trained
 * @param tqtOptimizationSetting how thresholds are trained
 * @param equalization whether channel ranges are evened out before calibration even without threshold training
 * @param equalizationSetting how weights are equalized under the profile parity; the equalization of improved has no parameters
 * @param quantizeActivationSetting calibration of activations
 * @param quantizeParameterSetting calibration of weights; only ESP-PPQ's defaults
 * @param fusionSetting only ESP-PPQ's defaults
 * @param graphFormatSetting only ESP-PPQ's defaults
 * @param quantConfigModify whether scales are set by hand after calibration
 * @param quantConfigModifySetting which ones
 * @param dispatchingTable operator name → bits: 8, 16, or 0 for float; ESP-PPQ's platform numbers are understood
 * @param dispatcher ESP-PPQ's name of how operators without an entry there are sorted: {@code allin} or {@code conservative}
 * @param lsqOptimization whether weights are trained under fixed scales, by ESP-PPQ's LSQ (profile parity)
 * @param lsqOptimizationSetting how
 * @param weightSplit whether named layers are divided into two
 * @param weightSplitSetting which ones, and how
 * @param channelSplit whether wide channels are made twice
 * @param channelSplitSetting which ones
 * @param biasCorrect whether mean errors are taken out by biases, block by block
 * @param biasCorrectSetting how
 * @param blockwiseReconstruction whether AdaRound trains to which side weights are rounded
 * @param blockwiseReconstructionSetting how
 * @param ssdEqualization whether pairs of layers are equalized where that takes error away (profile improved)
 * @param ssdSetting how
 * @param accumulatorHeadroom whether layers that saturate narrow accumulators get coarser weights where that pays (profile improved)
 * @param matrixFactorization as extension: procedures of ESP-PPQ that are refused when switched on
 */
public record QuantizationSettings(
        boolean tqtOptimization,
        TqtSetting tqtOptimizationSetting,
        boolean equalization,
        EqualizationSetting equalizationSetting,
        Activation quantizeActivationSetting,
        Map<String, Object> quantizeParameterSetting,
        Map<String, Object> fusionSetting,
        Map<String, Object> graphFormatSetting,
        Map<String, Object> dispatchingTable,
        boolean lsqOptimization,
        LsqSetting lsqOptimizationSetting,
        boolean blockwiseReconstruction,
        AdaRoundSetting blockwiseReconstructionSetting,
        boolean biasCorrect,
        BiasCorrectionSetting biasCorrectSetting,
        boolean ssdEqualization,
        SsdSetting ssdSetting,
        boolean accumulatorHeadroom,
        boolean weightSplit,
        WeightSplitSetting weightSplitSetting,
        boolean channelSplit,
        ChannelSplitSetting channelSplitSetting,
        boolean matrixFactorization,
        Map<String, Object> matrixFactorizationSetting,
        boolean quantConfigModify,
        ConfigModify quantConfigModifySetting,
        boolean extension,
        Map<String, Object> extensionSetting,
        boolean fusion,
        boolean quantizeActivation,
        boolean quantizeParameter,
        boolean convtransposeDecomposition,
        String dispatcher,
        String version,
        String signature) {

    /** Names in files that do not follow from the names of components. */
    private static final Map<String, String> NAMES =
            Map.of("AdaRoundSetting.scaleTrainable", "is_scale_trainable", "AdaRoundSetting.collecting", "collecting_device",
                    "TqtSetting.scaleTrainable", "is_scale_trainable", "TqtSetting.collecting", "collecting_device",
                    "LsqSetting.scaleTrainable", "is_scale_trainable", "LsqSetting.collecting", "collecting_device",
                    "BiasCorrectionSetting.collecting", "collecting_device");

    /** Other words for values: where ESP-PPQ names a device, Bitgrain knows memory and disk. */
    private static final Map<String, String> WORDS = Map.of("cpu", "memory", "cuda", "memory", "executor", "memory");

    private static final Map<String, String> FUSION_DEFAULTS = Map.of(
            "remove_useless_quantization", "true", "fuse_activation", "true", "fuse_passive_op", "true",
            "align_quantization", "true", "align_avgpooling_to", "None", "align_elementwise_to", "Align to Output",
            "align_concat_to", "Align to Output", "align_resize_to", "Align to Output", "force_alignment_overlap", "false");

    private static final Map<String, String> PARAMETER_DEFAULTS = Map.of(
            "calib_algorithm", "None", "quantize_passive_parameter", "true", "baking_parameter", "false");

    private static final Map<String, String> FORMAT_DEFAULTS = Map.of(
            "format_constant_op", "true", "fuse_conv_bn", "true", "fuse_swish", "true", "format_paramters", "true",
            "format_cast", "true", "delete_isolated", "true");

    /** Calibration algorithms for activations. */
    public enum Algorithm {
        /** Least Kullback-Leibler divergence of histograms. */
        KL,
        /** The range that holds all but a few values. */
        PERCENTILE,
        /** The whole range. */
        MINMAX,
        /** Least squared error. */
        MSE,
        /** First places kept. */
        ISOTONE;

        /** Whether the profile has it: what ESP-PPQ's {@code isotone} finds cannot be exported. */
        public boolean isIn(Profile profile) {
            return this != ISOTONE || !profile.isParity();
        }
    }

    /**
     * Calibration of activations.
     *
     * @param calibAlgorithm how ranges become exponents
     * @param sequential whether each layer is observed with everything before it quantized (profile improved)
     */
    public record Activation(Algorithm calibAlgorithm, boolean sequential) {}

    /**
     * Scales set by hand.
     *
     * @param customConfig operator name → scale of its output, a power of two
     */
    public record ConfigModify(Map<String, Double> customConfig) {}

    /**
     * Refuses what is not supported.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    public QuantizationSettings {
        refused("matrix_factorization", matrixFactorization, "ESP-PPQ has removed it");
        refused("extension", extension, "it is a template of ESP-PPQ that does nothing");
        if (lsqOptimization && tqtOptimization) {
            throw BitgrainException.usage("lsq_optimization: tqt_optimization trains the same weights; switch one of them off");
        }
        GroupNames.check("matrix_factorization_setting", matrixFactorizationSetting);
        GroupNames.check("extension_setting", extensionSetting);
        GroupNames.check("fusion_setting", fusionSetting);
        GroupNames.check("quantize_parameter_setting", quantizeParameterSetting);
        GroupNames.check("graph_format_setting", graphFormatSetting);
        required("fusion", fusion);
        required("quantize_activation", quantizeActivation);
        required("quantize_parameter", quantizeParameter);
        required("convtranspose_decomposition", convtransposeDecomposition);
        defaultsOnly("fusion_setting", fusionSetting, FUSION_DEFAULTS);
        defaultsOnly("quantize_parameter_setting", quantizeParameterSetting, PARAMETER_DEFAULTS);
        defaultsOnly("graph_format_setting", graphFormatSetting, FORMAT_DEFAULTS);
        DispatchingTable.dispatcher(dispatcher);
        dispatchingTable = Collections.unmodifiableMap(new LinkedHashMap<>(DispatchingTable.bits(DispatchingTable.entries(dispatchingTable))));
    }

    /** A binder that starts from the defaults of a profile. */
    public static SettingsBinder<QuantizationSettings> binder(Profile profile) {
        return new SettingsBinder<>(
                profile.isParity()
                        ? defaults(TqtSetting.PARITY, Algorithm.KL, BiasCorrectionSetting.PARITY, AdaRoundSetting.PARITY, false)
                        : defaults(TqtSetting.IMPROVED, Algorithm.MSE, BiasCorrectionSetting.IMPROVED, AdaRoundSetting.IMPROVED, true),
                NAMES, WORDS);
    }

    private static QuantizationSettings defaults(TqtSetting tqt, Algorithm calibration, BiasCorrectionSetting bias,
            AdaRoundSetting adaRound, boolean headroom) {
        Map<String, Object> none = Map.of();
        return new QuantizationSettings(false, tqt, false, EqualizationSetting.DEFAULT, new Activation(calibration, false), none, none, none, Map.of(),
                false, LsqSetting.DEFAULT, false, adaRound, false, bias, false, SsdSetting.DEFAULT, headroom, false, WeightSplitSetting.DEFAULT, false, ChannelSplitSetting.DEFAULT,
                false, none, false, new ConfigModify(Map.of()), false, none, true, true, true, true, "allin", "", "");
    }

    /** Operator → output scale set by hand; empty while that is switched off. */
    public Map<String, Double> fixedScales() {
        return quantConfigModify ? quantConfigModifySetting.customConfig() : Map.of();
    }

    /** Operator → bits, with ESP-PPQ's platform numbers translated. */
    public Map<String, Integer> bitsByOperator() {
        return DispatchingTable.bits(dispatchingTable);
    }

    /** Which operators without an entry there run on integers. */
    public Dispatcher dispatching() {
        return DispatchingTable.dispatcher(dispatcher);
    }

    /** Whether something is trained after calibration. */
    public boolean trains() {
        return tqtOptimization || lsqOptimization;
    }

    /**
     * How it is trained. LSQ with scales that are powers of two trains weights and biases only, as TQT with fixed scales does (ESP-PPQ's
     * own scales do not move either).
     */
    public TqtSetting training() {
        return lsqOptimization ? lsqOptimizationSetting.asTqt() : tqtOptimizationSetting;
    }

    /** What changes weights after calibration beside that. */
    public TuningPasses tuning() {
        return new TuningPasses(biasCorrect ? biasCorrectSetting : null, blockwiseReconstruction ? blockwiseReconstructionSetting : null);
    }

    /** Whether a weight may be rounded to another side than the nearer one, for what it does to the layer's results. */
    public boolean learnsRounding() {
        return blockwiseReconstruction || biasCorrect && biasCorrectSetting.weightCompensation();
    }

    /** What changes weights before quantization and keeps the function. */
    public WeightPasses weightPasses() {
        return new WeightPasses(weightSplit ? weightSplitSetting : null, channelSplit ? channelSplitSetting : null, ssdEqualization ? ssdSetting : null);
    }

    private static void refused(String name, boolean on, String instead) {
        if (on) {
            throw BitgrainException.usage(name + ": is not supported, switch it off; " + instead);
        }
    }

    private static void required(String name, boolean on) {
        if (!on) {
            throw BitgrainException.usage(name + ": cannot be switched off");
        }
    }

    private static void defaultsOnly(String group, Map<String, Object> given, Map<String, String> defaults) {
        for (String name : List.copyOf(given.keySet())) {
            Object value = given.get(name);
            if (defaults.containsKey(name) && value != null && !String.valueOf(value).equalsIgnoreCase(defaults.get(name))) {
                throw BitgrainException.usage(group + "." + name + ": '" + value + "' is not supported; only '" + defaults.get(name) + "' is");
            }
        }
    }
}
