package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.exporter.onnx.OnnxReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentationTest {
    @Test
    void theListOfOperatorsIsTheReadersOwn() throws IOException {
        String text = Files.readString(Path.of(System.getProperty("bitgrain.root"), "docs", "onnx.md"));
        String list = text.substring(text.indexOf("## Operators") + "## Operators".length(), text.indexOf("`Constant` and arithmetic"));
        assertEquals(List.copyOf(OnnxReader.operators()), List.of(list.strip().split(",\\s+")));
    }
}
