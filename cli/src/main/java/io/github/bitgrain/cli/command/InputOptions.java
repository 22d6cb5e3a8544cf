package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.OutcomeText;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.input.InputFit;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What is done to the inputs of a network that is quantized. */
final class InputOptions {
    private static final int BITS = 8;
    private static final int HINT_SAMPLES = 32;
    /** Times the error that an input has with its map. */
    private static final double WORTH_A_HINT = 1.5;

    @Option(names = "--fit-input", description = "Move and scale the network's input so that it uses all 256 values of its 8 bits, and let the "
            + "first layer take that back: bytes (uint8 data, images) then lose nothing at all, and the firmware feeds byte - 128 in place of "
            + "any arithmetic: what quantize prints and --header says. More accurate wherever an input is not spread about 0, such as "
            + "x = byte / 255.")
    private boolean fit;

    /** Refuses combinations without a meaning. */
    void check(int bits, Profile profile, boolean streams) {
        if (fit && profile.isParity()) {
            throw BitgrainException.usage("--fit-input: ESP-PPQ has nothing like it; leave out --profile parity");
        }
        if (fit && bits != BITS) {
            throw BitgrainException.usage("--fit-input: is for inputs of 8 bits; 16 bits hold an input well as it is");
        }
        if (fit && streams) {
            throw BitgrainException.usage("--fit-input: cannot be joined with --streaming, whose caches begin with zeros, which a fitted input moves elsewhere");
        }
    }

    /** Whether inputs are to be fitted. */
    boolean fits() {
        return fit;
    }

    /** Points out inputs that would gain by being fitted. */
    void hint(Model network, InputData samples, int bits, Profile profile, Consumer<String> log) {
        if (fit || profile.isParity() || bits != BITS) {
            return;
        }
        InputFit possible = InputFit.of(network, samples.range(0, Math.min(HINT_SAMPLES, samples.samples())), samples.levels());
        InputMaps maps = InputMaps.of(possible);
        Outcome.Input.of(maps, maps.after(samples.preprocessing()), name -> 0).forEach((name, input) -> {
            if (possible.gain(name) >= WORTH_A_HINT) {
                log.accept("hint: input \"" + name + "\" leaves part of its 8 bits unused; --fit-input uses all of them, and the firmware then feeds "
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
    InputFit fit(Model network, InputData samples, Consumer<String> log) {
        if (!fit) {
            return InputFit.none(network);
        }
        InputFit fitted = InputFit.of(network, samples, samples.levels());
        StringJoiner reasons = new StringJoiner("; ");
        for (Map.Entry<String, String> left : fitted.left().entrySet()) {
            reasons.add("input \"" + left.getKey() + "\" stays as it is: " + left.getValue());
        }
        if (fitted.maps().isEmpty()) {
            throw BitgrainException.badInput("--fit-input: " + reasons);
        }
        if (!fitted.left().isEmpty()) {
            log.accept("--fit-input: " + reasons);
        }
        return fitted;
    }
}
