package io.github.bitgrain.kernels.generator;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A class of static methods, with the imports that they need. */
final class GeneratedClass {
    private static final Pattern LANES = Pattern.compile("\\b(?:FLOATS|COUNT|PAIR|DOUBLES|DOUBLE_COUNT|DOUBLE_PAIR)\\b");
    private static final Pattern VECTORS = Pattern.compile("\\b(?:(?:Float|Double|Int|Long)Vector|VectorOperators)\\b");

    private final String name;
    private final String comment;
    private final List<String> fields = new ArrayList<>();
    private final List<String> methods = new ArrayList<>();

    GeneratedClass(String name, String comment) {
        this.name = name;
        this.comment = comment;
    }

    String name() {
        return name;
    }

    /** Adds the rows of its tiles. */
    GeneratedClass height(int rows) {
        return field(comment(1, "Rows of a tile.").strip()).field("static final int HEIGHT = " + rows + ";");
    }

    GeneratedClass field(String line) {
        fields.add("    " + line + "\n");
        return this;
    }

    GeneratedClass method(String methodComment, String source) {
        methods.add(comment(1, methodComment) + source);
        return this;
    }

    /** The whole file. */
    String write() {
        String code = String.join("\n", methods);
        StringBuilder file = new StringBuilder("package io.github.bitgrain.kernels;\n\n");
        found(LANES, code).forEach(each -> file.append("import static io.github.bitgrain.kernels.Lanes.").append(each).append(";\n"));
        file.append("\n");
        found(VECTORS, code).forEach(each -> file.append("import jdk.incubator.vector.").append(each).append(";\n"));
        file.append("\n").append(comment(0, comment)).append("final class ").append(name).append(" {\n");
        fields.forEach(file::append);
        return file.append(fields.isEmpty() ? "" : "\n").append("    private ").append(name).append("() {}\n\n").append(code).append("}\n").toString();
    }

    private static TreeSet<String> found(Pattern pattern, String code) {
        TreeSet<String> words = new TreeSet<>();
        String uncommented = code.replaceAll("(?s)/\\*.*?\\*/", "");
        Matcher matcher = pattern.matcher(uncommented);
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    private static String comment(int level, String text) {
        String indent = "    ".repeat(level);
        if (text.lines().count() == 1) {
            return indent + "/** " + text.strip() + " */\n";
        }
        StringBuilder lines = new StringBuilder(indent + "/**\n");
        text.lines().forEach(line -> lines.append((indent + " * " + line).stripTrailing()).append("\n"));
        return lines.append(indent).append(" */\n").toString();
    }
}
