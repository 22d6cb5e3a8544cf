package io.github.bitgrain.cli.firmware;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Names of classes in a text file, one a line. */
public final class ClassNames {
    private ClassNames() {}

    /**
     * The names, in order; empty lines at the end do not count.
     *
     * @throws BitgrainException (bad input) if the file cannot be read, is not UTF-8, or has no names or an empty one
     */
    public static List<String> read(Path file) {
        List<String> names;
        try {
            names = Files.readString(file).stripTrailing().lines().map(String::strip).toList();
        } catch (CharacterCodingException e) {
            throw BitgrainException.badInput(file + ": is no text in UTF-8");
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": " + (Files.exists(file) ? "cannot be read" : "no such file"));
        }
        if (names.isEmpty() || names.contains("")) {
            throw BitgrainException.badInput(file + ": line " + (names.indexOf("") + 1) + " has no name of a class; one name a line");
        }
        return names;
    }
}
