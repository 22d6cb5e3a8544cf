package io.github.bitgrain.cli.firmware;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of ESP-DL, the library that runs models on the chip, and what it cannot load. Only what ESP-DL's own documents
 * state is known here; where they state nothing, nothing is refused.
 */
public record RuntimeVersion(int major, int minor, int patch) implements Comparable<RuntimeVersion> {
    /** First version that reads the present schema of files: ESP-DL's README, news of 2025-01-09. */
    private static final RuntimeVersion SCHEMA = new RuntimeVersion(3, 1, 0);
    /** First version with an exponent per channel of weights: ESP-DL's README. */
    private static final RuntimeVersion PER_CHANNEL = new RuntimeVersion(3, 3, 1);
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})");

    /**
     * Reads {@code X.Y.Z}.
     *
     * @throws BitgrainException (usage) if it is something else
     */
    public static RuntimeVersion parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw BitgrainException.usage("--runtime-version: '" + text + "' is no version of ESP-DL; write for example 3.3.1");
        }
        return new RuntimeVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)));
    }

    /**
     * Refuses a program that this version cannot load.
     *
     * @param model what messages call it
     * @throws BitgrainException (bad input) naming the node, its operator and the version that it needs
     */
    public void require(String model, ChipProgram program) {
        if (compareTo(SCHEMA) < 0) {
            throw BitgrainException.badInput(model + ": the files written here need ESP-DL " + SCHEMA + " or newer, not " + this);
        }
        if (compareTo(PER_CHANNEL) >= 0) {
            return;
        }
        for (ChipNode node : program.nodes()) {
            for (String input : node.inputs()) {
                ChipTensor parameter = program.parameters().get(input);
                if (parameter != null && parameter.type().isQuantized() && parameter.exponents().count() > 1) {
                    throw BitgrainException.badInput(model + ": node \"" + node.name() + "\" (" + node.opType() + ") has an exponent for each channel of its "
                            + "weights, which needs ESP-DL " + PER_CHANNEL + " or newer, not " + this + "; update ESP-DL");
                }
            }
        }
    }

    @Override
    public int compareTo(RuntimeVersion other) {
        return Comparator.comparingInt(RuntimeVersion::major).thenComparingInt(RuntimeVersion::minor).thenComparingInt(RuntimeVersion::patch)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
