package io.github.bitgrain.kernels.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TileGeneratorTest {
    private static final Path ROOT = Path.of(System.getProperty("bitgrain.root"));

    static Iterable<String> files() {
        return TileGenerator.files().keySet();
    }

    @ParameterizedTest
    @MethodSource("files")
    void theCommittedFileIsWhatTheGeneratorWrites(String file) throws IOException {
        assertEquals(TileGenerator.files().get(file), Files.readString(ROOT.resolve(TileGenerator.FOLDER).resolve(file)),
                file + " is out of date: change the templates in its place, then run java kernels/src/test/java/io/github/bitgrain/kernels/generator/TileGenerator.java");
    }

    @Test
    void linesRepeatTogetherAndAddendsVanishAtZero() {
        String written = new Template(Element.DOUBLE).loop("i", 2).loop("j", 2).write("""
                i>$float a{i} = x[at{+ i}];
                i>j>c{i}{j} = y[to{+ i * row}{+ j * $COUNT}];

                i>done{i}();
                float>single();
                """);
        assertEquals("""
                double a0 = x[at];
                c00 = y[to];
                c01 = y[to + DOUBLE_COUNT];
                double a1 = x[at + 1];
                c10 = y[to + row];
                c11 = y[to + row + DOUBLE_COUNT];
                done0();
                done1();
                """, written);
    }
}
