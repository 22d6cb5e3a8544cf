package io.github.bitgrain.cli;

import io.github.bitgrain.cli.command.Failures;
import io.github.bitgrain.cli.command.RootCommand;
import io.github.bitgrain.cli.command.Session;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Entry point of the {@code bitgrain} command. */
public final class Main {
    private Main() {}

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] args) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int exit = run(args, new Session(out, err, terminal));
        out.flush();
        err.flush();
        System.exit(exit);
    }

    /**
     * Runs the command in this process.
     *
     * @param args as on the command line
     * @param out gets the results
     * @param err gets progress and messages
     * @return the exit code
     */
    public static int run(String[] args, PrintWriter out, PrintWriter err) {
        return run(args, new Session(out, err, false));
    }

    private static int run(String[] args, Session session) {
        try {
            return RootCommand.commandLine(session).execute(args);
        } catch (Error e) {
            // Out of memory, mostly: the parser passes only exceptions to its handler.
            return Failures.internal(session.err(), e);
        }
    }
}
