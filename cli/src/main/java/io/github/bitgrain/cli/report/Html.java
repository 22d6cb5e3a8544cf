package io.github.bitgrain.cli.report;

import java.util.Locale;

/** Text of a page under construction. Not safe for use by several threads. */
final class Html {
    private final StringBuilder text = new StringBuilder();

    /** Appends markup and a line end. */
    Html line(String markup) {
        text.append(markup).append('\n');
        return this;
    }

    /** Opens a section with a heading. */
    Html section(String id, String heading) {
        return line("<section id=\"" + id + "\" aria-label=\"" + heading + "\"><h2>" + heading + "</h2>");
    }

    /** Opens a table that can be reached and scrolled with the keyboard. */
    Html table(String id, String label) {
        return line("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + label + "\"><table id=\"" + id + "\">");
    }

    /** Closes {@link #table}. */
    Html closeTable() {
        return line("</tbody></table></div>");
    }

    /** A row of headings; those that begin with {@code #} are of numbers, those that begin with {@code -} cannot be sorted by. */
    Html head(String... headings) {
        text.append("<thead><tr>");
        for (String heading : headings) {
            boolean number = heading.startsWith("#");
            boolean plain = heading.startsWith("-");
            String name = number || plain ? heading.substring(1) : heading;
            text.append("<th scope=\"col\"").append(number ? " class=\"number\">" : ">")
                    .append(plain ? name : "<button type=\"button\" class=\"sort\">" + name + "</button>").append("</th>");
        }
        return line("</tr></thead><tbody>");
    }

    /** The finished text. */
    @Override
    public String toString() {
        return text.toString();
    }

    /** The heading of a row that opens details. */
    static String more(String kind, int index, String name) {
        return "<th scope=\"row\"><button type=\"button\" class=\"more\" aria-expanded=\"false\" data-kind=\"" + kind + "\" data-index=\"" + index
                + "\">" + escape(name) + "</button></th>";
    }

    /** A cell with text. */
    static String cell(String value) {
        return "<td>" + escape(value) + "</td>";
    }

    /**
     * A cell with a number.
     *
     * @param value to sort by; NaN comes last
     * @param kind further class of style, or the empty string
     */
    static String cell(double value, String shown, String kind) {
        return "<td class=\"" + (kind.isEmpty() ? "number" : "number " + kind) + "\" data-value=\"" + (Double.isNaN(value) ? "" : plain(value)) + "\">"
                + escape(shown) + "</td>";
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? String.valueOf((long) value) : String.format(Locale.ROOT, "%.6e", value);
    }

    /** A share in percent with three significant digits; a dash for NaN. */
    static String percent(double share) {
        if (Double.isNaN(share)) {
            return "–";
        }
        double percent = 100 * share;
        String format = percent >= 100 ? "%.0f %%" : percent >= 10 ? "%.1f %%" : percent >= 1 ? "%.2f %%" : percent >= 0.1 ? "%.3f %%"
                : percent >= 1e-3 ? "%.4f %%" : "%.1e %%";
        return share == 0 ? "0 %" : String.format(Locale.ROOT, format, percent);
    }

    /** A number with some four significant digits. */
    static String number(double value) {
        double size = Math.abs(value);
        return value == 0 ? "0" : String.format(Locale.ROOT, size >= 0.001 && size < 10_000 ? "%.4f" : "%.3e", value);
    }

    /** Text that stays text, whatever is in it. */
    static String escape(String value) {
        StringBuilder escaped = new StringBuilder();
        value.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(Character.isISOControl(c) && c != '\n' && c != '\t' ? 0xFFFD : c);
            }
        });
        return escaped.toString();
    }
}
