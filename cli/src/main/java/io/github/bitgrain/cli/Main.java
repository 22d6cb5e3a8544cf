package io.github.bitgrain.cli;

import io.github.bitgrain.cli.command.Failures;
import io.github.bitgrain.cli.command.LaterCommands;
import io.github.bitgrain.cli.command.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the {@code bitgrain} command. */
@Command(
        name = "bitgrain",
        header = "Quantizes trained networks for ESP32 chips and shows, bit by bit, what the chip will compute.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            LaterCommands.Diff.class,
            LaterCommands.Analyze.class,
            LaterCommands.Auto.class,
            LaterCommands.Qat.class
        },
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 a check failed, 2 wrong use,",
            "65 broken or unsupported input, 69 no suitable JDK, 70 internal error, 73 output cannot be written.",
            "",
            "Example: bitgrain quantize model.onnx --calib data.npy --tqt -o model.espdl"
        })
public final class Main implements Runnable {
    private final Session session;

    private Main(Session session) {
        this.session = session;
    }

    /** Where this run prints. */
    public Session session() {
        return session;
    }

    /** {@code bitgrain} alone: prints the help text. */
    @Override
    public void run() {
        commandLine(session).usage(session.out());
    }

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

    /** Runs the command with its output on the given streams; returns the exit code. */
    public static int run(String[] args, Session session) {
        return commandLine(session).execute(args);
    }

    private static CommandLine commandLine(Session session) {
        CommandLine line = new CommandLine(new Main(session))
                .setOut(session.out())
                .setErr(session.err())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpWidth(110)
                .setParameterExceptionHandler(Failures::wrongUse)
                .setExecutionExceptionHandler(Failures::failed);
        return line;
    }

    /** Reads the version that the build wrote. */
    public static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            Properties properties = new Properties();
            try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
                properties.load(in);
            }
            return new String[] {"bitgrain " + properties.getProperty("version")};
        }
    }
}
