package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.pipeline.InputPolicy;
import io.github.bitgrain.cli.pipeline.Spelling;
import picocli.CommandLine.Option;

/** What is done to the inputs of a network that is quantized. */
final class InputOptions {
    @Option(names = "--fit-input", description = "Move and scale the network's input so that it uses all 256 values of its 8 bits, and let the "
            + "first layer take that back: bytes (uint8 data, images) then lose nothing at all, and the firmware feeds byte - 128 in place of "
            + "any arithmetic: what quantize prints and --header says. More accurate wherever an input is not spread about 0, such as "
            + "x = byte / 255.")
    private boolean fit;

    /** Whether inputs are to be fitted. */
    boolean fits() {
        return fit;
    }

    /** What is asked for. */
    InputPolicy policy() {
        return new InputPolicy(fit, Spelling.COMMAND_LINE);
    }
}
