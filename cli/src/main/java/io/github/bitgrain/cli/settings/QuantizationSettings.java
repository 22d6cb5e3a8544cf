package io.github.bitgrain.cli.settings;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
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
 * @param lsqOptimization and the following: procedures of ESP-PPQ that come with a later version
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
        Map<String, Integer> dispatchingTable,
        boolean lsqOptimization,
        Map<String, Object> lsqOptimizationSetting,
        boolean blockwiseReconstruction,
        Map<String, Object> blockwiseReconstructionSetting,
        boolean biasCorrect,
        Map<String, Object> biasCorrectSetting,
        boolean ssdEqualization,
        Map<String, Object> ssdSetting,
        boolean weightSplit,
        Map<String, Object> weightSplitSetting,
        boolean channelSplit,
        Map<String, Object> channelSplitSetting,
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
            Map.of("TqtSetting.scaleTrainable", "is_scale_trainable", "TqtSetting.collecting", "collecting_device");

    /** Other words for values: where ESP-PPQ names a device, Bitgrain knows memory and disk. */
    private static final Map<String, String> WORDS = Map.of("cpu", "memory", "cuda", "memory", "executor", "memory");

    private static final Map<Integer, Integer> PLATFORM_BITS = Map.of(
            551, 8, 553, 8, 557, 8, 552, 16, 554, 16, 558, 16);

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
        MSE
    }

    /**
     * Calibration of activations.
     *
     * @param calibAlgorithm how ranges become exponents
     */
    public record Activation(Algorithm calibAlgorithm) {}

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
        later("lsq_optimization", lsqOptimization);
        later("blockwise_reconstruction", blockwiseReconstruction);
        later("bias_correct", biasCorrect);
        later("ssd_equalization", ssdEqualization);
        later("weight_split", weightSplit);
        later("channel_split", channelSplit);
        later("matrix_factorization", matrixFactorization);
        later("extension", extension);
        required("fusion", fusion);
        required("quantize_activation", quantizeActivation);
        required("quantize_parameter", quantizeParameter);
        required("convtranspose_decomposition", convtransposeDecomposition);
        defaultsOnly("fusion_setting", fusionSetting, FUSION_DEFAULTS);
        defaultsOnly("quantize_parameter_setting", quantizeParameterSetting, PARAMETER_DEFAULTS);
        defaultsOnly("graph_format_setting", graphFormatSetting, FORMAT_DEFAULTS);
        if (!dispatcher.equals("allin")) {
            throw BitgrainException.usage("dispatcher: '" + dispatcher + "' is not supported; use 'allin' and dispatching_table");
        }
        dispatchingTable = Collections.unmodifiableMap(new LinkedHashMap<>(dispatchingTable));
        dispatchingTable.forEach(QuantizationSettings::bits);
    }

    /** A binder that starts from the defaults of a profile. */
    public static SettingsBinder<QuantizationSettings> binder(Profile profile) {
        return new SettingsBinder<>(
                profile.isParity() ? defaults(TqtSetting.PARITY, Algorithm.KL) : defaults(TqtSetting.IMPROVED, Algorithm.MSE), NAMES, WORDS);
    }

    private static QuantizationSettings defaults(TqtSetting tqt, Algorithm calibration) {
        Map<String, Object> none = Map.of();
        return new QuantizationSettings(false, tqt, false, EqualizationSetting.DEFAULT, new Activation(calibration), none, none, none, Map.of(),
                false, none, false, none, false, none, false, none, false, none, false, none, false, none,
                false, new ConfigModify(Map.of()), false, none, true, true, true, true, "allin", "", "");
    }

    /** Operator → output scale set by hand; empty while that is switched off. */
    public Map<String, Double> fixedScales() {
        return quantConfigModify ? quantConfigModifySetting.customConfig() : Map.of();
    }

    /** Operator → bits, with ESP-PPQ's platform numbers translated. */
    public Map<String, Integer> bitsByOperator() {
        Map<String, Integer> bits = new LinkedHashMap<>();
        dispatchingTable.forEach((operator, value) -> bits.put(operator, bits(operator, value)));
        return bits;
    }

    private static int bits(String operator, int value) {
        if (value == 0 || value == 8 || value == 16) {
            return value;
        }
        Integer bits = PLATFORM_BITS.get(value);
        if (bits == null) {
            throw BitgrainException.usage("dispatching_table." + operator + ": " + value + " is neither 8, 16, nor 0 (float)");
        }
        return bits;
    }

    private static void later(String name, boolean on) {
        if (on) {
            throw BitgrainException.usage(name + ": comes with a later version of Bitgrain; switch it off");
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
