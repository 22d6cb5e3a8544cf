package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.Main;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every case of golden/ops, from the command line: what ESP-DL's own kernels computed for one operator. */
class GoldenOperatorsTest {
    @ParameterizedTest
    @CsvSource({"c, 620", "esp32s3, 620", "esp32p4, 723"})
    void everyKernelEqualsTheChips(String target, int cases) throws IOException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String file = SharedData.path("golden/ops/" + target + ".jsonl").toString();
        int exit = Main.run(new String[] {"verify", "--cases", file, "--json"}, new PrintWriter(out), new PrintWriter(err));
        JsonNode result = new ObjectMapper().readTree(out.toString());
        assertEquals("[]", result.get("failures").toString(), err.toString());
        assertEquals(cases, result.get("cases").asInt());
        assertEquals(0, exit);
    }
}
