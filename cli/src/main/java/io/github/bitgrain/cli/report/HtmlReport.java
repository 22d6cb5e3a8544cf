package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.console.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A {@link Report} as one self-contained HTML page: no script, no download, light and dark, usable with the keyboard. */
public final class HtmlReport {
    private static final int BAR_WIDTH = 360;

    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de;
              --before: #8c959f; --after: #0a66c2; --warn: #9a6700; }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #30363d;
                --before: #6e7681; --after: #58a6ff; --warn: #d29922; }
            }
            body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
              max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
            p.lead, caption { color: var(--soft); text-align: left; }
            table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
            td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
            td.name { overflow-wrap: anywhere; }
            .scroll { overflow-x: auto; }
            .scroll:focus, summary:focus, a:focus { outline: 2px solid var(--after); outline-offset: 2px; }
            rect.before { fill: var(--before); } rect.after { fill: var(--after); }
            .key::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .3em; }
            .key.before::before { background: var(--before); } .key.after::before { background: var(--after); }
            .key { margin-right: 1rem; color: var(--soft); }
            li.warning { color: var(--warn); }
            a.skip { position: absolute; left: -100rem; } a.skip:focus { left: 1rem; }
            pre { overflow-x: auto; border: 1px solid var(--line); padding: .8rem; }
            """;

    private final StringBuilder html = new StringBuilder();

    private HtmlReport() {}

    /** The page. */
    public static String of(Report report) {
        return new HtmlReport().page(report);
    }

    private String page(Report report) {
        String title = report.model() + " for " + report.target() + ", " + report.bits() + " bit";
        line("<!DOCTYPE html>");
        line("<html lang=\"en\"><head><meta charset=\"utf-8\">");
        line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        line("<title>" + escape(title) + "</title><style>");
        html.append(STYLE);
        line("</style></head><body>");
        line("<a class=\"skip\" href=\"#accuracy\">Skip to the figures</a>");
        line("<header><h1>" + escape(title) + "</h1>");
        line("<p class=\"lead\">Quantized with Bitgrain, profile " + escape(report.profile()) + ".</p></header><main>");
        facts(report.facts());
        accuracy(report);
        warnings(report.warnings());
        blocks(report.blocks());
        errors(report.errors());
        settings(report.settings());
        line("</main></body></html>");
        return html.toString();
    }

    private void facts(Map<String, String> facts) {
        if (facts.isEmpty()) {
            return;
        }
        open("facts", "Model", null);
        facts.forEach((name, value) -> line("<tr><th scope=\"row\">" + escape(name) + "</th><td>" + escape(value) + "</td></tr>"));
        close();
    }

    private void accuracy(Report report) {
        if (report.accuracy().isEmpty()) {
            line("<section id=\"accuracy\" aria-label=\"Accuracy\"><h2>Accuracy</h2>"
                    + "<p>Not measured: no labels were given (--eval DATA --labels FILE.npy).</p></section>");
            return;
        }
        open("accuracy", "Accuracy", report.metric() + " of each stage on the same samples; chip: bit-exact simulation");
        line("<thead><tr><th scope=\"col\">stage</th><th scope=\"col\" class=\"number\">" + escape(report.metric())
                + "</th><th scope=\"col\">share</th></tr></thead><tbody>");
        report.accuracy().forEach((stage, value) -> line("<tr><th scope=\"row\">" + escape(stage) + "</th><td class=\"number\">"
                + String.format(Locale.ROOT, "%.4f", value) + "</td><td>"
                + bars(stage + ": " + value, value, Double.NaN) + "</td></tr>"));
        line("</tbody>");
        close();
    }

    private void warnings(List<String> warnings) {
        if (!warnings.isEmpty()) {
            line("<section aria-label=\"Worth knowing\"><h2>Worth knowing</h2><ul>");
            warnings.forEach(warning -> line("<li class=\"warning\">" + escape(warning) + "</li>"));
            line("</ul></section>");
        }
    }

    private void blocks(List<Report.Block> blocks) {
        if (blocks.isEmpty()) {
            return;
        }
        open("blocks", "Threshold training", "mean squared error of each block's output against the float network, "
                + "before and after; length of the bars: logarithmic");
        line("<thead><tr><th scope=\"col\">block</th><th scope=\"col\" class=\"number\">before</th>"
                + "<th scope=\"col\" class=\"number\">after</th><th scope=\"col\"><span class=\"key before\">before</span>"
                + "<span class=\"key after\">after</span></th></tr></thead><tbody>");
        List<Double> all = new ArrayList<>();
        blocks.forEach(block -> all.addAll(List.of(block.lossBefore(), block.lossAfter())));
        Scale scale = Scale.logarithmic(all);
        for (Report.Block block : blocks) {
            line("<tr><th scope=\"row\" class=\"name\">" + escape(block.name()) + "</th><td class=\"number\">"
                    + number(block.lossBefore()) + "</td><td class=\"number\">" + number(block.lossAfter()) + "</td><td>"
                    + bars(block.name() + ": " + number(block.lossBefore()) + " before, " + number(block.lossAfter()) + " after",
                            scale.of(block.lossBefore()), scale.of(block.lossAfter()))
                    + "</td></tr>");
        }
        line("</tbody>");
        close();
    }

    private void errors(List<Report.Bar> errors) {
        if (errors.isEmpty()) {
            return;
        }
        List<Report.Bar> sorted = new ArrayList<>(errors);
        sorted.sort(Comparator.comparingDouble(Report.Bar::calibrated).reversed());
        boolean trained = errors.stream().anyMatch(bar -> !Double.isNaN(bar.trained()));
        open("errors", "Error of each layer", "noise power ÷ signal power at the layer's output when the whole network is "
                + "quantized, the largest first; length of the bars: logarithmic");
        line("<thead><tr><th scope=\"col\">layer</th><th scope=\"col\" class=\"number\">after calibration</th>"
                + (trained ? "<th scope=\"col\" class=\"number\">after training</th>" : "")
                + "<th scope=\"col\">noise ÷ signal</th></tr></thead><tbody>");
        List<Double> all = new ArrayList<>();
        errors.forEach(bar -> all.addAll(List.of(bar.calibrated(), bar.trained())));
        Scale scale = Scale.logarithmic(all);
        for (Report.Bar bar : sorted) {
            line("<tr><th scope=\"row\" class=\"name\">" + escape(bar.name()) + "</th><td class=\"number\">" + percent(bar.calibrated())
                    + "</td>" + (trained ? "<td class=\"number\">" + percent(bar.trained()) + "</td>" : "") + "<td>"
                    + bars(bar.name() + ": " + percent(bar.calibrated()) + (trained ? ", after training " + percent(bar.trained()) : ""),
                            scale.of(bar.calibrated()), Double.isNaN(bar.trained()) ? Double.NaN : scale.of(bar.trained()))
                    + "</td></tr>");
        }
        line("</tbody>");
        close();
    }

    private void settings(Map<String, Object> settings) {
        if (!settings.isEmpty()) {
            line("<section id=\"settings\" aria-label=\"Settings\"><h2>Settings</h2><details><summary>Settings in force</summary><pre>");
            html.append(escape(Json.text(settings)));
            line("</pre></details></section>");
        }
    }

    /** One bar, or two above each other; lengths are shares of the full width. */
    private static String bars(String description, double first, double second) {
        boolean two = !Double.isNaN(second);
        StringBuilder svg = new StringBuilder("<svg role=\"img\" width=\"" + BAR_WIDTH + "\" height=\"16\" viewBox=\"0 0 " + BAR_WIDTH
                + " 16\"><title>" + escape(description) + "</title>");
        bar(svg, two ? "before" : "after", first, two ? 1 : 3, two ? 6 : 10);
        if (two) {
            bar(svg, "after", second, 9, 6);
        }
        return svg.append("</svg>").toString();
    }

    private static void bar(StringBuilder svg, String kind, double share, int y, int height) {
        svg.append(String.format(Locale.ROOT, "<rect class=\"%s\" x=\"0\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
                kind, y, BAR_WIDTH * Math.clamp(share, 0, 1), height));
    }

    private void open(String id, String heading, String caption) {
        line("<section id=\"" + id + "\" aria-label=\"" + heading + "\"><h2>" + heading + "</h2>"
                + "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + heading + "\"><table>");
        if (caption != null) {
            line("<caption>" + escape(caption) + "</caption>");
        }
    }

    private void close() {
        line("</table></div></section>");
    }

    private void line(String text) {
        html.append(text).append('\n');
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "–" : String.format(Locale.ROOT, "%.4f %%", 100 * share);
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, value >= 0.001 && value < 10_000 ? "%.4f" : "%.3e", value);
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
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

    /** Lengths of bars whose values span orders of magnitude: the smallest positive value keeps a visible rest. */
    private record Scale(double low, double high) {
        static Scale logarithmic(List<Double> values) {
            List<Double> logs = values.stream().filter(v -> v > 0 && Double.isFinite(v)).map(Math::log10).toList();
            double high = logs.stream().mapToDouble(Double::doubleValue).max().orElse(0);
            double low = logs.stream().mapToDouble(Double::doubleValue).min().orElse(0);
            return new Scale(Math.min(low, high - 1) - 0.2, high);
        }

        double of(double value) {
            return value > 0 ? (Math.log10(value) - low) / (high - low) : 0;
        }
    }
}
