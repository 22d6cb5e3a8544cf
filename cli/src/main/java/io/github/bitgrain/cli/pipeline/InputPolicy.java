package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.input.InputFit;
import io.github.bitgrain.quantizer.input.InputLevels;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * What is done to the inputs of a network that is quantized.
 *
 * @param fit whether they are fitted
 * @param spelling how messages name the option
 */
public record InputPolicy(boolean fit, Spelling spelling) {
    private static final String FIT = "fit-input";
    private static final int BITS = 8;
    private static final int HINT_SAMPLES = 32;
    /** Times the error that an input has with its map. */
    private static final double WORTH_A_HINT = 1.5;

    /**
     * Samples, and where they come from.
     *
     * @param levels inputs whose samples were bytes, by name
     * @param preprocessing what was done to the values of each input, by name
     */
    public record Samples(DataSource data, Map<String, InputLevels> levels, Map<String, Preprocessing.Affine> preprocessing) {
        /** The samples of a file. */
        public static Samples of(InputData data) {
            return new Samples(data, data.levels(), data.preprocessing());
        }
    }

    /** Refuses combinations without a meaning. */
    public void check(int bits, Profile profile, boolean streams) {
        if (fit && profile.isParity()) {
            throw BitgrainException.usage(spelling.of(FIT) + ": ESP-PPQ has nothing like it; leave out --profile parity");
        }
        if (fit && bits != BITS) {
            throw BitgrainException.usage(spelling.of(FIT) + ": is for inputs of 8 bits; 16 bits hold an input well as it is");
        }
        if (fit && streams) {
            throw BitgrainException.usage(spelling.of(FIT) + ": cannot be joined with --streaming, whose caches begin with zeros, which a fitted input moves elsewhere");
        }
    }

    /** Points out inputs that would gain by being fitted. */
    public void hint(Model network, Samples samples, int bits, Profile profile, Consumer<String> log) {
        if (fit || profile.isParity() || bits != BITS) {
            return;
        }
        InputFit possible = InputFit.of(network, samples.data().range(0, Math.min(HINT_SAMPLES, samples.data().samples())), samples.levels());
        InputMaps maps = InputMaps.of(possible);
        Outcome.Input.of(maps, maps.after(samples.preprocessing()), name -> 0).forEach((name, input) -> {
            if (possible.gain(name) >= WORTH_A_HINT) {
                log.accept("hint: input \"" + name + "\" leaves part of its 8 bits unused; " + spelling.of(FIT) + " uses all of them, and the firmware then feeds "
                        + OutcomeText.fed(input));
            }
        });
    }

    /**
     * The network with its inputs fitted, or as it is if that was not asked for.
     *
     * @param network float network
     * @param log gets a line for every input that cannot be fitted
     * @throws BitgrainException (bad input) if no input can be fitted
     */
    public InputFit fit(Model network, Samples samples, Consumer<String> log) {
        if (!fit) {
            return InputFit.none(network);
        }
        InputFit fitted = InputFit.of(network, samples.data(), samples.levels());
        StringJoiner reasons = new StringJoiner("; ");
        for (Map.Entry<String, String> left : fitted.left().entrySet()) {
            reasons.add("input \"" + left.getKey() + "\" stays as it is: " + left.getValue());
        }
        if (fitted.maps().isEmpty()) {
            throw BitgrainException.badInput(spelling.of(FIT) + ": " + reasons);
        }
        if (!fitted.left().isEmpty()) {
            log.accept(spelling.of(FIT) + ": " + reasons);
        }
        return fitted;
    }
}
