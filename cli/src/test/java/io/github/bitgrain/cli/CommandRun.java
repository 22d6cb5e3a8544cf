package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;

/**
 * One run of the command line inside the test's JVM.
 *
 * @param exit exit code
 * @param out all of stdout
 * @param err all of stderr
 */
record CommandRun(int exit, String out, String err) {
    /** Runs the command with these arguments. */
    static CommandRun of(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
        return new CommandRun(exit, out.toString(), err.toString());
    }

    /** Runs the command with these arguments and some more. */
    static CommandRun of(List<String> args, String... more) {
        return of(Stream.concat(args.stream(), Stream.of(more)).toArray(String[]::new));
    }

    /** The JSON object that the run printed; it must have succeeded. */
    JsonNode json() throws IOException {
        assertEquals(0, exit, err);
        return new ObjectMapper().readTree(out);
    }

    /** Checks that the run failed with this exit code and exactly this line. */
    void fails(int expectedExit, String message) {
        assertEquals("bitgrain: " + message + System.lineSeparator(), err);
        assertEquals(expectedExit, exit);
        assertEquals("", out);
    }
}
