package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.Main;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line itself: {@code bitgrain} with its commands. */
@Command(
        name = "bitgrain",
        header = "Quantizes trained networks for ESP32 chips and shows, bit by bit, what the chip will compute.",
        mixinStandardHelpOptions = true,
        versionProvider = RootCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            QuickstartCommand.class,
            QuantizeCommand.class,
            EvaluateCommand.class,
            SimulateCommand.class,
            VerifyCommand.class,
            InspectCommand.class,
            DiffCommand.class,
            DiffRunCommand.class,
            AnalyzeCommand.class,
            TrainExampleCommand.class,
            AutoCommand.class,
            QatCommand.class
        },
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 a check failed, 2 wrong use,",
            "65 broken or unsupported input, 69 no suitable JDK, 70 internal error, 73 output cannot be written.",
            "",
            "Example: bitgrain quantize model.onnx --calib data.npy --tqt -o model.espdl"
        })
public final class RootCommand implements Runnable {
    private final Session session;

    private RootCommand(Session session) {
        this.session = session;
    }

    /** Where this run prints. */
    Session session() {
        return session;
    }

    /** {@code bitgrain} alone: prints the help text. */
    @Override
    public void run() {
        commandLine(session).usage(session.out());
    }

    /** The parser of a command line that prints to the session. */
    public static CommandLine commandLine(Session session) {
        return new CommandLine(new RootCommand(session))
                .setOut(session.out())
                .setErr(session.err())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(110)
                .setParameterExceptionHandler(Failures::wrongUse)
                .setExecutionExceptionHandler(Failures::failed);
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
