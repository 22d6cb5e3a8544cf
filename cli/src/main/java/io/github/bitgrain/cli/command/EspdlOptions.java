package io.github.bitgrain.cli.command;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.espdl.EspdlAccess;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.simulator.ChipProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** Reads a model. */
    ChipProgram read(Path file) {
        return EspdlReader.read(file, new EspdlAccess(key(key), model));
    }

    /** Refuses the options where a command got no {@code .espdl} file. */
    void refuseFor(Path file) {
        if (key != null || model != null) {
            throw BitgrainException.usage((key != null ? "--key" : "--model") + ": is for .espdl files, not for " + file);
        }
    }

    /** Reads a model with another key or model of a package where these are given. */
    ChipProgram read(Path file, String otherKey, String otherModel) {
        return EspdlReader.read(file, new EspdlAccess(key(otherKey == null ? key : otherKey), otherModel == null ? model : otherModel));
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
