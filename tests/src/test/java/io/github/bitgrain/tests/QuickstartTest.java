package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first command of the README, from end to end. */
class QuickstartTest {
    private static final double LOST_AT_LEAST = 0.010;
    private static final double WON_BACK_AT_LEAST = 0.6;
    private static final double CHIP_WITHIN = 0.003;

    @TempDir
    Path folder;

    @Test
    void trainingWinsBackWhatCalibrationLosesAndTheChipAgrees() throws Exception {
        JsonNode result = run("quickstart", "--out", folder.toString(), "--json");

        JsonNode accuracy = result.get("accuracy");
        double lost = accuracy.get("float").asDouble() - accuracy.get("ptq").asDouble();
        double won = accuracy.get("tqt").asDouble() - accuracy.get("ptq").asDouble();
        assertTrue(lost >= LOST_AT_LEAST, accuracy::toString);
        assertTrue(won >= WON_BACK_AT_LEAST * lost, accuracy::toString);
        assertEquals(accuracy.get("tqt").asDouble(), accuracy.get("chip").asDouble(), CHIP_WITHIN);
        assertTrue(result.get("bitExact").asBoolean());
        assertTrue(result.get("exponentsMoved").asInt() > 0);

        Set<String> keys = new TreeSet<>();
        result.fieldNames().forEachRemaining(keys::add);
        assertTrue(keys.containsAll(Set.of("model", "target", "bits", "profile", "seconds", "accuracy", "exponentsMoved", "blocks",
                "output", "bitExact", "peakMemoryMiB")), keys::toString);
        assertTrue(Files.readString(folder.resolve("report.html")).contains("</html>"));
        assertTrue(run("verify", folder.resolve("strokes.espdl").toString(), "--json").get("bitExact").asBoolean());
    }

    private static JsonNode run(String... args) throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(0, Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true)), err::toString);
        return new ObjectMapper().readTree(out.toString());
    }
}
