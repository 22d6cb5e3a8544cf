package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Nearest;
import io.github.bitgrain.core.BitgrainException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a person reads when something fails: one line on stderr, and the exit code of the contract. */
public final class Failures {
    private Failures() {}

    /** An option or argument that is wrong: exit code 2. */
    public static int wrongUse(ParameterException e, String[] args) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        String message = e instanceof UnmatchedArgumentException unmatched ? unmatched(unmatched, command) : e.getMessage();
        print(e.getCommandLine().getErr(), message + "; see " + command.qualifiedName() + " --help");
        return BitgrainException.Kind.USAGE.exitCode();
    }

    private static String unmatched(UnmatchedArgumentException e, CommandSpec command) {
        String word = e.getUnmatched().getFirst();
        if (word.startsWith("-") && word.length() > 1) {
            String option = word.split("=", 2)[0];
            List<String> known = new ArrayList<>();
            command.options().forEach(o -> known.addAll(List.of(o.names())));
            return "unknown option " + option + Nearest.hint(option, known);
        }
        if (!command.subcommands().isEmpty()) {
            return "unknown command " + word + Nearest.hint(word, command.subcommands().keySet());
        }
        return "unexpected argument " + word;
    }

    /** A command that ended with an exception. */
    public static int failed(Exception e, CommandLine line, ParseResult parsed) {
        if (e instanceof BitgrainException known) {
            print(line.getErr(), known.getMessage());
            return known.kind().exitCode();
        }
        return internal(line.getErr(), e);
    }

    /** A defect of Bitgrain, or memory that ran out: exit code 70. */
    public static int internal(PrintWriter err, Throwable e) {
        if (e instanceof OutOfMemoryError) {
            print(err, "out of memory; give the JVM more with BITGRAIN_JAVA_OPTS=-Xmx8g, or use smaller batches");
        } else {
            StackTraceElement[] trace = e.getStackTrace();
            print(err, "internal error: " + e + (trace.length > 0 ? " at " + trace[0] : "")
                    + "; please report it with the command that you ran");
        }
        return BitgrainException.Kind.INTERNAL.exitCode();
    }

    /** Whatever the message holds, a person reads one line. */
    private static void print(PrintWriter err, String message) {
        err.println("bitgrain: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
        err.flush();
    }
}
