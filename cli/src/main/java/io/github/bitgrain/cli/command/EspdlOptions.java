package io.github.bitgrain.cli.command;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlAccess;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** How an {@code .espdl} file is opened: the key of an encrypted one, the model of a package. */
final class EspdlOptions {
    @Option(
            names = "--key",
            paramLabel = "HEX|FILE",
            description = "AES-128 key of an encrypted .espdl file: 32 hexadecimal digits, or a file that holds them or the 16 bytes.")
    private String key;

    @Option(names = "--model", paramLabel = "NAME|INDEX", description = "Which model of a package (PDL1, PDL2, PDL3), from 0.")
    private String model;

    /** Reads the model of a command that takes one. */
    ChipProgram read(Path file) {
        check(null, file);
        return open(file);
    }

    /** Reads one of several models, which {@code check} has seen. */
    ChipProgram open(Path file) {
        return EspdlReader.read(file, new EspdlAccess(key(key), model));
    }

    /** Reads the second of two models, which {@code check} has seen. */
    ChipProgram open(Path file, OtherModelOptions other) {
        return EspdlReader.read(file, new EspdlAccess(key(other.key == null ? key : other.key), other.model == null ? model : other.model));
    }

    /** Refuses the options where a command got no {@code .espdl} file. */
    void refuseFor(Path file) {
        if (key != null || model != null) {
            throw foreign(key != null ? "--key" : "--model", file);
        }
    }

    /**
     * Refuses options that none of a command's models has a use for.
     *
     * @param target option --target of the command, or null
     */
    void check(Target target, Path... models) {
        List<Path> chips = Arrays.stream(models).filter(file -> ModelFile.of(file) == ModelFile.ESPDL).toList();
        if (chips.isEmpty()) {
            refuseFor(models[0]);
            if (target != null) {
                throw foreign("--target", models[0]);
            }
        }
        if (key != null && chips.stream().noneMatch(file -> EspdlReader.isEncrypted(file, model))) {
            throw idle("--key", chips);
        }
    }

    /** Refuses keys that neither of two chip models needs. */
    void check(Path first, Path second, OtherModelOptions other) {
        if (key == null && other.key == null) {
            return;
        }
        boolean secondNeedsOne = EspdlReader.isEncrypted(second, other.model == null ? model : other.model);
        if (other.key != null && !secondNeedsOne) {
            throw idle("--other-key", List.of(second));
        }
        boolean forBoth = other.key == null;
        if (key != null && !(forBoth && secondNeedsOne) && !EspdlReader.isEncrypted(first, model)) {
            throw idle("--key", forBoth ? List.of(first, second) : List.of(first));
        }
    }

    private static BitgrainException foreign(String option, Path file) {
        return BitgrainException.usage(option + ": is for .espdl files, not for " + file);
    }

    private static BitgrainException idle(String option, List<Path> files) {
        return BitgrainException.usage(files.stream().map(Path::toString).collect(Collectors.joining(" and ")) + ": "
                + (files.size() == 1 ? "is" : "are") + " not encrypted; leave out " + option);
    }

    private static byte[] key(String given) {
        if (given == null) {
            return null;
        }
        try {
            Path file = Path.of(given);
            if (Files.isRegularFile(file)) {
                byte[] content = Files.readAllBytes(file);
                return content.length == EspdlAccess.KEY_BYTES
                        ? content : EspdlAccess.parseKey(new String(content, StandardCharsets.ISO_8859_1));
            }
        } catch (java.nio.file.InvalidPathException e) {
            // Then it can only be the key itself.
            return parsed(given);
        } catch (IOException e) {
            throw BitgrainException.badInput(given + ": cannot be read: " + e.getMessage());
        }
        return parsed(given);
    }

    private static byte[] parsed(String given) {
        try {
            return EspdlAccess.parseKey(given);
        } catch (BitgrainException e) {
            throw BitgrainException.usage("--key: is neither a file nor a key: " + e.getMessage());
        }
    }
}
