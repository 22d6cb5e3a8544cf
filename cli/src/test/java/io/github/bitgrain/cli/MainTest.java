package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    }

    @Test
    void versionIsOneLineOnStdout() {
        assertEquals(0, run("--version"));
        assertTrue(out.toString().matches("bitgrain \\S+\\R"), out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void testsRunInsideTheModule() {
        assertEquals("io.github.bitgrain.cli", Main.class.getModule().getName());
    }

    @Test
    void unknownOptionIsAUsageError() {
        assertEquals(2, run("--no-such-option"));
        assertTrue(err.toString().contains("--no-such-option"), err.toString());
    }
}
