package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void versionIsOneLineOnStdout() {
        CommandRun run = CommandRun.of("--version");
        assertEquals(0, run.exit());
        assertTrue(run.out().matches("bitgrain \\d+\\.\\d+\\.\\d+\\S*\\R"), run.out());
        assertEquals("", run.err());
    }

    @Test
    void testsRunInsideTheModule() {
        assertEquals("io.github.bitgrain.cli", Main.class.getModule().getName());
    }

    @Test
    void aloneItExplainsItself() {
        CommandRun run = CommandRun.of();
        assertEquals(0, run.exit());
        assertTrue(run.out().contains("Commands:"), run.out());
        assertTrue(run.out().contains("Example: bitgrain quantize"), run.out());
    }

    @Test
    void misspeltOptionsAndCommandsAreAnsweredWithTheRightOne() {
        CommandRun.of("--versoin").fails(2, "unknown option --versoin; did you mean '--version'?; see bitgrain --help");
        CommandRun.of("anlyze").fails(2, "unknown command anlyze; did you mean 'analyze'?; see bitgrain --help");
        CommandRun.of("xyzzy").fails(2, "unknown command xyzzy; see bitgrain --help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"quantize", "evaluate", "inspect", "simulate", "verify", "diff", "diff-run", "analyze", "auto", "qat"})
    void everyCommandTeachesWithAnExample(String command) {
        CommandRun run = CommandRun.of(command, "--help");
        assertEquals(0, run.exit());
        assertTrue(run.out().contains("Example:" + System.lineSeparator() + "  bitgrain " + command), run.out());
        assertEquals("", run.err());
    }
}
