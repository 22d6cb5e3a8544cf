package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.pipeline.Request;
import io.github.bitgrain.cli.settings.Preset;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.cli.settings.SettingsBinder;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Profile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** How a network is to be quantized: what the commands that make a quantized network, or look at it, have in common. */
final class RequestOptions {
    @Option(names = "--target", converter = TargetOption.class, defaultValue = "esp32p4", paramLabel = "TARGET",
            description = "esp32p4 (default), esp32s3, c, or the name of another chip.")
    private Target target;

    @Option(names = "--bits", defaultValue = "8", paramLabel = "8|16", description = "Width of weights and activations. Default: 8.")
    private int bits;

    @Option(names = "--calibration", paramLabel = "NAME",
            description = "Algorithm for activations: kl, percentile, minmax, mse, isotone (keeps first places; improved only). Default: mse; "
                    + "under --profile parity kl.")
    private QuantizationSettings.Algorithm calibration;

    @Option(names = "--calib-batch", defaultValue = "32", paramLabel = "N", description = "Samples in a calibration batch. Default: 32.")
    private int calibBatch;

    @Option(names = "--calib-steps", defaultValue = "0", paramLabel = "N",
            description = "Number of calibration batches, from the first sample on, beginning again at the end. Default: all samples once.")
    private int calibSteps;

    @Option(names = "--profile", defaultValue = "improved", paramLabel = "NAME",
            description = "improved (default), or parity: number by number what ESP-PPQ does.")
    private Profile profile;

    @Option(names = "--settings", paramLabel = "FILE", description = "Settings in YAML or JSON, under ESP-PPQ's names.")
    private Path settingsFile;

    @Option(names = "--set", paramLabel = "KEY=VALUE",
            description = "One setting, for example tqt_optimization_setting.steps=500 or dispatching_table./conv1/Conv=16.")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Chooses which samples are mixed for training. Default: 0.")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Number of threads. Results do not depend on it. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** Refuses numbers without a meaning. */
    void check() {
        if (bits != 8 && bits != 16) {
            throw BitgrainException.usage("--bits: " + bits + " is neither 8 nor 16");
        }
        atLeast("--calib-batch", calibBatch, 1);
        atLeast("--calib-steps", calibSteps, 0);
        atLeast("--threads", threads, 1);
    }

    /** Refuses a number of an option that is less than it may be. */
    static void atLeast(String option, int value, int least) {
        if (value < least) {
            throw BitgrainException.usage(option + ": " + value + " is less than " + least);
        }
    }

    /** The chip family. */
    Target target() {
        return target;
    }

    /** Bits of the whole network. */
    int bits() {
        return bits;
    }

    /** Parity or improved. */
    Profile profile() {
        return profile;
    }

    /** Number of threads. */
    int threads() {
        return threads;
    }

    /**
     * The preset, then the file, then options, then --set.
     *
     * @param input whether inputs are fitted
     * @param tqt whether an option of the command asks for threshold training
     */
    SettingsBinder<QuantizationSettings> settings(InputOptions input, OutputOptions output, boolean tqt) {
        return Preset.with(profile, bits, input.fits(), binder -> {
            if (settingsFile != null) {
                binder.file(settingsFile, all(input, output));
            }
            if (calibration != null) {
                binder.set("quantize_activation_setting.calib_algorithm=" + word(calibration));
            }
            if (tqt) {
                binder.set("tqt_optimization=true");
            }
            assignments.forEach(binder::set);
        });
    }

    /** The job under settings. */
    Request request(QuantizationSettings settings) {
        return new Request(target, bits, profile, settings, calibBatch, calibSteps, seed, threads);
    }

    /** All that decides about the model: options and settings, by the names that they have in a model. */
    Map<String, Object> inForce(SettingsBinder<QuantizationSettings> settings, InputOptions input, OutputOptions output) {
        Map<String, Object> all = all(input, output);
        all.putAll(settings.tree());
        return all;
    }

    private Map<String, Object> all(InputOptions input, OutputOptions output) {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("target", target.id());
        options.put("bits", bits);
        options.put("profile", word(profile));
        options.put("calib_batch", calibBatch);
        options.put("calib_steps", calibSteps);
        options.put("fit_input", input.fits());
        options.put("head", output.word());
        options.put("seed", seed);
        return options;
    }

    /** A constant as options and settings spell it. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
