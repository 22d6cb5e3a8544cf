package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.console.Progress;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What all commands share. */
@Command(
        mixinStandardHelpOptions = true,
        versionProvider = RootCommand.Version.class,
        sortOptions = false,
        usageHelpAutoWidth = false,
        synopsisHeading = "%nUsage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n")
abstract class CliCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @ParentCommand
    private RootCommand root;

    @Option(names = "--json", description = "Print one JSON object on stdout and nothing else.")
    private boolean json;

    /** Whether results are wanted as JSON. */
    boolean json() {
        return json;
    }

    /** Results for people. */
    PrintWriter out() {
        return root.session().out();
    }

    /** Messages for people. */
    PrintWriter err() {
        return root.session().err();
    }

    /** A new progress display on stderr. */
    Progress progress() {
        return root.session().progress();
    }

    /** The result as JSON, if wanted; else whatever {@code text} prints. */
    void print(Object result, Runnable text) {
        if (json) {
            Json.print(out(), result);
        } else {
            text.run();
            out().flush();
        }
    }

    /** A warning for people, on stderr. */
    void warn(String line) {
        root.session().err().println("warning: " + line);
        root.session().err().flush();
    }

    /** A message for people about how the work goes, on stderr. */
    void note(String line) {
        root.session().err().println(line);
        root.session().err().flush();
    }

    /** What was given on the command line. */
    ParseResult arguments() {
        return spec.commandLine().getParseResult();
    }

    /** The command's own name. */
    String name() {
        return spec.name();
    }
}
