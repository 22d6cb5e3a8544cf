package io.github.bitgrain.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every row of {@code docs/toolkit-checklist.md} and {@code docs/esp-ppq-checklist.md} names tests that exist: methods that JUnit or jqwik runs. */
class ChecklistTest {
    private static final Path ROOT = Path.of(System.getProperty("bitgrain.root"));
    private static final int ROWS = 57;
    private static final int FEATURES = 44;
    private static final int DEFECTS = 29;
    private static final Pattern ROW = Pattern.compile("^\\| (\\d+) \\|.*\\| ([^|]*) \\|$");
    private static final Pattern NAME = Pattern.compile("`(\\w+)#(\\w+)`");

    private static Map<String, String> sources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(path -> path.toString().contains("src/test/java") && path.toString().endsWith("Test.java")).toList()) {
                sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return sources;
    }

    /** Whether a method with annotations of a test stands in a source. */
    private static boolean isTest(String source, String method) {
        Matcher declared = Pattern.compile("((?:^    @[^\\n]*(?:\\n     [^\\n]*|\\n    }\\)[^\\n]*)*\\n)+)    (?:public )?void " + method + "\\(", Pattern.MULTILINE)
                .matcher(source);
        return declared.find() && Pattern.compile("@(Test|ParameterizedTest|Property)\\b").matcher(declared.group(1)).find();
    }

    @Test
    void everyRowNamesTestsThatExist() throws IOException {
        Map<String, String> sources = sources();
        List<String> missing = new ArrayList<>();
        int row = 0;
        for (String line : Files.readAllLines(ROOT.resolve("docs/toolkit-checklist.md"))) {
            Matcher parts = ROW.matcher(line);
            if (!parts.find()) {
                continue;
            }
            assertEquals(++row, Integer.parseInt(parts.group(1)), "rows in order");
            Matcher names = NAME.matcher(parts.group(2));
            int tests = 0;
            for (; names.find(); tests++) {
                String source = sources.get(names.group(1));
                if (source == null || !isTest(source, names.group(2))) {
                    missing.add(row + ": " + names.group());
                }
            }
            assertTrue(tests > 0, "row " + row + " names no test");
        }
        assertEquals(ROWS, row);
        assertEquals(List.of(), missing);
    }

    /** Features F1 to F44 and defects D1 to D29: each names tests that exist, or says that it is open and why. */
    @Test
    void everyRowOfEspPpqNamesTestsOrSaysThatItIsOpen() throws IOException {
        Map<String, String> sources = sources();
        List<String> wrong = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        String text = Files.readString(ROOT.resolve("docs/esp-ppq-checklist.md"));
        for (String line : text.lines().toList()) {
            Matcher row = Pattern.compile("^\\| ([FD]\\d+) \\|.*\\| ([^|]*) \\|$").matcher(line);
            if (row.find()) {
                rows.add(row.group(1));
                boolean open = row.group(2).matches("open: \\S.*");
                if (open == NAME.matcher(row.group(2)).find()) {
                    wrong.add(row.group(1) + " names neither a test nor why it has none");
                }
            }
        }
        Matcher names = NAME.matcher(text);
        while (names.find()) {
            String source = sources.get(names.group(1));
            if (source == null || !isTest(source, names.group(2))) {
                wrong.add(names.group());
            }
        }
        List<String> expected = new ArrayList<>();
        IntStream.rangeClosed(1, FEATURES).forEach(i -> expected.add("F" + i));
        IntStream.rangeClosed(1, DEFECTS).forEach(i -> expected.add("D" + i));
        assertEquals(expected, rows);
        assertEquals(List.of(), wrong);
    }

    /** The check tells tests from other methods. */
    @Test
    void onlyAnnotatedMethodsAreTests() {
        String source = "class A {\n    @Test\n    void one() {\n    }\n\n    void two() {\n    }\n\n    @BeforeEach\n    void three() {\n    }\n\n"
                + "    @ParameterizedTest\n    @CsvSource({\n        \"a, b\",\n        \"c\"\n    })\n    void four(String a) {\n    }\n}\n";
        assertTrue(isTest(source, "one"));
        assertTrue(isTest(source, "four"));
        assertEquals(List.of(false, false, false), Stream.of("two", "three", "five").map(name -> isTest(source, name)).toList());
    }
}
