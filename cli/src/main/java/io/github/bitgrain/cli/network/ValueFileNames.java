package io.github.bitgrain.cli.network;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Names of the {@code .npy} files of a program's values, given in the order of execution: what a file system may not take
 * becomes an underscore, and values whose names become equal (case does not count) get a number.
 */
public final class ValueFileNames {
    private final Set<String> used = new HashSet<>();

    /** The file name of the next value. */
    public String next(String value) {
        String stem = value.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^\\.+", "_");
        String name = stem;
        for (int i = 2; !used.add(name.toLowerCase(Locale.ROOT)); i++) {
            name = stem + "_" + i;
        }
        return name + ".npy";
    }
}
