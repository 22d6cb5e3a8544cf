package io.github.bitgrain.cli.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsBinderTest {
    /** Where something goes. */
    public enum Place { MEMORY, DISK }

    /** Inner settings. */
    public record Training(int steps, double lr, List<String> interestedLayers, boolean scaleTrainable, Place collecting) {
        /** Checks the range. */
        public Training {
            if (steps < 1) {
                throw BitgrainException.usage("training.steps: " + steps + " is not at least 1");
            }
        }
    }

    /** Settings with everything that may occur. */
    public record Settings(boolean tqtOptimization, Training training, Map<String, Integer> dispatchingTable) {}

    private static final Settings DEFAULTS =
            new Settings(false, new Training(10, 0.5, List.of(), true, Place.MEMORY), Map.of("a", 8));

    @TempDir
    Path folder;

    private final SettingsBinder<Settings> binder =
            new SettingsBinder<>(DEFAULTS, Map.of("Training.scaleTrainable", "is_scale_trainable"), Map.of("cpu", "memory"));

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private String refused(String text) throws IOException {
        Path file = file("s.yaml", text);
        String message = assertThrows(BitgrainException.class, () -> binder.file(file)).getMessage();
        assertTrue(message.startsWith(file + ":"), message);
        return message.substring((file + ":").length());
    }

    @Test
    void yamlAndJsonChangeWhatTheyNameAndNothingElse() throws IOException {
        Path yaml = file("a.yaml", """
                # a comment
                tqt_optimization: True
                training:
                  lr: 1e-5
                  interested_layers: [conv.1, /x/y]
                  is_scale_trainable: false
                  collecting: disk
                dispatching_table:
                  /conv/1: 16
                """);
        Settings fromYaml = binder.file(yaml).settings();
        assertEquals(
                new Settings(true, new Training(10, 1e-5, List.of("conv.1", "/x/y"), false, Place.DISK), Map.of("a", 8, "/conv/1", 16)),
                fromYaml);
        Path json = file("b.json", "{\n\t\"training\": {\"steps\": 7}\n}");
        assertEquals(7, binder.file(json).settings().training().steps());
        assertEquals(1e-5, binder.settings().training().lr());
    }

    @Test
    void assignmentsReachInnerSettingsListsAndMaps() {
        binder.set("training.steps=3").set("training.interested_layers=[a, b]").set("dispatching_table./net/conv.1/Conv=16");
        binder.set("tqt_optimization=true").set("dispatching_table={b: 8}");
        assertEquals(
                new Settings(true, new Training(3, 0.5, List.of("a", "b"), true, Place.MEMORY),
                        Map.of("a", 8, "/net/conv.1/Conv", 16, "b", 8)),
                binder.settings());
    }

    @Test
    void unknownNamesAreAnsweredWithTheNearest() throws IOException {
        assertEquals("2:3: unknown setting 'training.step'; did you mean 'training.steps'?", refused("training:\n  step: 5\n"));
        assertEquals("--set training.setps: unknown setting 'training.setps'; did you mean 'training.steps'?",
                assertThrows(BitgrainException.class, () -> binder.set("training.setps=5")).getMessage());
        assertEquals("1:1: unknown setting 'xyzzy'; known: tqt_optimization, training, dispatching_table", refused("xyzzy: 5\n"));
    }

    @Test
    void wrongValuesAreNamedWithLineAndColumn() throws IOException {
        assertEquals("2:10: training.steps is a whole number, not 'many'", refused("training:\n  steps: many\n"));
        assertEquals("2:10: training.steps is a whole number, not '1.5'", refused("training:\n  steps: 1.5\n"));
        assertEquals("2:7: training.lr is a number, not a list", refused("training:\n  lr: [1]\n"));
        assertEquals("2:15: training.collecting is one of memory, disk, not 'gpu'", refused("training:\n  collecting: gpu\n"));
        assertEquals("1:19: tqt_optimization is true or false, not 'yes'", refused("tqt_optimization: yes\n"));
        assertEquals("1:11: training is settings of its own: steps, lr, interested_layers, is_scale_trainable, collecting, not '5'",
                refused("training: 5\n"));
        assertEquals("2:3: training.steps: 0 is not at least 1", refused("training:\n  steps: 0\n"));
    }

    @Test
    void anAssignmentNamesItsSettingOnce() {
        assertEquals("--set training.collecting is one of memory, disk, not 'gpu'", refusedAssignment("training.collecting=gpu"));
        assertEquals("--set training.steps: 0 is not at least 1", refusedAssignment("training.steps=0"));
        assertEquals("--set training: training.steps is a whole number, not 'x'", refusedAssignment("training={steps: x}"));
    }

    private String refusedAssignment(String assignment) {
        return assertThrows(BitgrainException.class, () -> binder.set(assignment)).getMessage();
    }

    @Test
    void textsThatAreNoSettingsAreRefusedInOneLine() throws IOException {
        assertTrue(refused("- a\n- b\n").contains("settings are pairs of a name and a value"));
        assertTrue(refused("").contains("settings are pairs"));
        assertEquals("1:20: while parsing a flow mapping: expected ',' or '}', but got <stream end>", refused("training: {steps: 1\n"));
        assertTrue(refused("training:\n  steps: 1\n  steps: 2\n").contains("Duplicate field 'steps'"));
        assertTrue(refused("a: 1\n---\nb: 2\n").contains("a second document begins here"));
        Path json = file("x.json", "{\"a\": }");
        String message = assertThrows(BitgrainException.class, () -> binder.file(json)).getMessage();
        assertTrue(message.startsWith(json + ":1:7: "), message);
        Path none = folder.resolve("none.yaml");
        assertEquals(none + ": no such file",
                assertThrows(BitgrainException.class, () -> binder.file(none)).getMessage());
        assertTrue(assertThrows(BitgrainException.class, () -> binder.set("novalue")).getMessage()
                .startsWith("--set novalue: write --set NAME=VALUE"));
    }

    @Test
    void settingsInForceAreShownUnderTheirNames() {
        assertEquals(
                "{tqt_optimization=false, training={steps=10, lr=0.5, interested_layers=[], is_scale_trainable=true, "
                        + "collecting=memory}, dispatching_table={a=8}}",
                binder.tree().toString());
    }
}
