package io.github.bitgrain.kernels.generator;

import java.util.Map;
import java.util.regex.Pattern;

/** Types of elements, and the words of a {@link Template} that depend on them. */
enum Element {
    FLOAT(Map.ofEntries(Map.entry("$float", "float"), Map.entry("$Float", "Float"), Map.entry("$FLOATS", "FLOATS"), Map.entry("$COUNT", "COUNT"),
            Map.entry("$PAIR", "PAIR"), Map.entry("$int", "int"), Map.entry("$Int", "Int"), Map.entry("$x", "x"), Map.entry("$results", "results"),
            Map.entry("$Double", ""))),
    DOUBLE(Map.ofEntries(Map.entry("$float", "double"), Map.entry("$Float", "Double"), Map.entry("$FLOATS", "DOUBLES"), Map.entry("$COUNT", "DOUBLE_COUNT"),
            Map.entry("$PAIR", "DOUBLE_PAIR"), Map.entry("$int", "long"), Map.entry("$Int", "Long"), Map.entry("$x", "wide"),
            Map.entry("$results", "wideResults"), Map.entry("$Double", "Double")));

    private static final Pattern WORD = Pattern.compile("\\$(?:FLOATS|Float|float|COUNT|PAIR|int|Int|x|results|Double)");

    private final Map<String, String> words;

    Element(Map<String, String> words) {
        this.words = words;
    }

    /** Whether a prefix of a line names a type. */
    static boolean isName(String prefix) {
        return prefix.equals("float") || prefix.equals("double");
    }

    String word(String name) {
        return words.get(name);
    }

    String write(String line) {
        return WORD.matcher(line).replaceAll(found -> words.get(found.group()));
    }
}
