package io.github.bitgrain.kernels.generator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Java source with loops that are written out.
 *
 * <ul>
 *   <li>{@code i>line}: neighbouring lines that start so are repeated together for every value of the loop {@code i}; loops nest, {@code i>j>line}.
 *   <li>An empty line parts lines that are not repeated together; {@code ---} stands for an empty line.
 *   <li>{@code float>line}: only where the elements are of that type.
 *   <li>{@code {i}}: the value of a loop or of a constant.
 *   <li>{@code {+ i}}, {@code {+ i * step}}: the same as an addend: nothing for 0, {@code + step} for 1, {@code + 2 * step} for 2.
 *   <li>{@code $name}: a word that depends on the type of elements, see {@link Element}.
 * </ul>
 */
final class Template {
    private static final Pattern PREFIX = Pattern.compile("(\\s*)([a-z]+)>(.*)");
    private static final Pattern ADDEND = Pattern.compile("\\{\\+ (\\w+)(?: \\* ([$\\w]+))?}");
    private static final Pattern VALUE = Pattern.compile("\\{(\\w+)}");

    private final Element element;
    private final Map<String, Integer> ends = new HashMap<>();
    private final Map<String, Integer> values = new HashMap<>();

    Template(Element element) {
        this.element = element;
    }

    /** A loop from 0 to {@code end - 1}. */
    Template loop(String name, int end) {
        ends.put(name, end);
        return this;
    }

    Template constant(String name, int value) {
        values.put(name, value);
        return this;
    }

    /** The source of a template. */
    String write(String template) {
        List<String> written = new ArrayList<>();
        expand(template.lines().toList(), written);
        return String.join("\n", written) + "\n";
    }

    private void expand(List<String> lines, List<String> written) {
        for (int at = 0; at < lines.size(); at++) {
            Matcher prefix = PREFIX.matcher(lines.get(at));
            if (!prefix.matches()) {
                if (lines.get(at).strip().equals("---")) {
                    written.add("");
                } else if (!lines.get(at).isBlank()) {
                    written.add(fill(lines.get(at)));
                }
                continue;
            }
            String name = prefix.group(2);
            List<String> group = new ArrayList<>();
            int end = at;
            while (end < lines.size() && prefix.reset(lines.get(end)).matches() && prefix.group(2).equals(name)) {
                group.add(prefix.group(1) + prefix.group(3));
                end++;
            }
            at = end - 1;
            if (Element.isName(name)) {
                if (element.word("$float").equals(name)) {
                    expand(group, written);
                }
                continue;
            }
            for (int value = 0; value < ends.get(name); value++) {
                values.put(name, value);
                expand(group, written);
            }
            values.remove(name);
        }
    }

    private String fill(String line) {
        String filled = ADDEND.matcher(line).replaceAll(found -> addend(values.get(found.group(1)), found.group(2)));
        filled = VALUE.matcher(filled).replaceAll(found -> Integer.toString(values.get(found.group(1))));
        return element.write(filled);
    }

    private static String addend(int value, String step) {
        if (value == 0) {
            return "";
        }
        return Matcher.quoteReplacement(" + " + (step == null ? Integer.toString(value) : value == 1 ? step : value + " * " + step));
    }
}
