package io.github.bitgrain.cli.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/** Text of a page under construction. Not safe for use by several threads. */
final class Html {
    /** Errors from which on a layer is marked. */
    private static final double NOTICEABLE = 0.01;
    private static final double LARGE = 0.1;

    private static final MathContext DIGITS = new MathContext(4);

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

    /**
     * The meaning of a chart's colours.
     *
     * @param keys class of style and text of each, joined by {@code |}
     */
    Html legend(List<String> keys) {
        StringBuilder line = new StringBuilder("<p class=\"js-only\">");
        for (String key : keys) {
            String[] parts = key.split("\\|");
            line.append("<span class=\"key ").append(parts[0]).append("\">").append(parts[1]).append("</span>");
        }
        return line(line.append("</p>").toString());
    }

    /** A field that leaves the rows of a table that have some text. */
    Html filter(String table, String what) {
        return line("<div class=\"tools js-only\"><label>Show " + what + " with <input type=\"search\" data-filter=\"" + table + "\"/></label></div>");
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

    /**
     * A headline figure.
     *
     * @param kind further class of style, or the empty string
     * @param more markup below the figure, or the empty string
     */
    static String card(String kind, String name, String value, String more) {
        return "<div class=\"" + (kind.isEmpty() ? "card" : "card " + escape(kind)) + "\"><small>" + escape(name) + "</small><b>" + escape(value) + "</b>" + more + "</div>";
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

    /** The class of style for an error, noise ÷ signal: {@code bad}, {@code warn} or the empty string. */
    static String mark(double error) {
        return error >= LARGE ? "bad" : error >= NOTICEABLE ? "warn" : "";
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

    /** A number with four significant digits. */
    static String number(double value) {
        double size = Math.abs(value);
        if (size < 0.001 || size >= 10_000) {
            return value == 0 ? "0" : String.format(Locale.ROOT, "%.3e", value);
        }
        return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
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
