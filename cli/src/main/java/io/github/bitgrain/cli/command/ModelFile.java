package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** Which kind of model a file holds, by its name. */
enum ModelFile {
    /** A float or QDQ network. */
    ONNX,
    /** A chip program. */
    ESPDL;

    /**
     * The kind of a file that must exist.
     *
     * @throws BitgrainException if there is no such file or it is neither kind
     */
    static ModelFile of(Path file) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!Files.isRegularFile(file)) {
            throw BitgrainException.badInput(file + (Files.exists(file) ? ": not a file" : ": no such file"));
        }
        if (name.endsWith(".onnx")) {
            return ONNX;
        }
        if (name.endsWith(".espdl")) {
            return ESPDL;
        }
        throw BitgrainException.badInput(file + ": a model is an .onnx or an .espdl file");
    }

    /** Refuses a file that is not of this kind. */
    void require(Path file, String command) {
        if (of(file) != this) {
            throw BitgrainException.badInput(file + ": " + command + " takes an " + (this == ONNX ? ".onnx" : ".espdl") + " file");
        }
    }

    /**
     * The target that a program is to be simulated for.
     *
     * @param given by the user, or null
     * @throws BitgrainException (usage) if neither the user nor the program tells
     */
    static Target target(Path file, ChipProgram program, Target given) {
        return given != null ? given : program.target().orElseThrow(() -> BitgrainException.usage(
                file + ": does not tell its target; give --target esp32p4, esp32s3 or c"));
    }

    /**
     * A simulator of a program that was read from a file.
     *
     * @param given target that the user gave, or null
     * @throws BitgrainException (bad input) naming the file and the node that cannot run; (usage) without a target
     */
    static Simulator simulator(Path file, ChipProgram program, Target given) {
        Target target = target(file, program, given);
        return named(file, () -> new Simulator(program, target));
    }

    /**
     * What the inputs of a chip model read in place of the network's.
     *
     * @throws BitgrainException (bad input) naming the file, if the model tells it in a way that cannot be read
     */
    static InputMaps inputMaps(Path file, ChipProgram program) {
        return named(file, () -> InputMaps.of(program));
    }

    /** Does work whose errors name a node, and has them name the file as well. */
    static <T> T named(Path file, Supplier<T> work) {
        try {
            return work.get();
        } catch (BitgrainException e) {
            throw e.kind() == BitgrainException.Kind.BAD_INPUT ? BitgrainException.badInput(file + ": " + e.getMessage()) : e;
        }
    }
}
