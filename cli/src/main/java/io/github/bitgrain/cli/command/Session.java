package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import java.io.PrintWriter;

/**
 * Where one run of the command line prints.
 *
 * @param out results
 * @param err progress and messages
 * @param terminal whether a person watches {@code err} on a terminal
 */
public record Session(PrintWriter out, PrintWriter err, boolean terminal) {
    /** Progress on {@code err}. */
    public Progress progress() {
        return new Progress(err, terminal);
    }
}
