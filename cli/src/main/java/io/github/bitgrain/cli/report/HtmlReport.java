package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.cli.pipeline.TrainingCurves;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A {@link Report} as one self-contained HTML page: charts by uPlot, whose text is in the page; nothing is downloaded, and the
 * page forbids it. All figures stand in tables that need no script; the script adds charts, sorting and details.
 */
public final class HtmlReport {
    /** Errors from which on a layer is marked. */
    private static final double NOTICEABLE = 0.01;
    private static final double LARGE = 0.1;
    /** Share of clipped values from which on a tensor is marked. */
    private static final double MUCH_CLIPPED = 1e-3;

    private final Html html = new Html();
    private final Report report;

    private HtmlReport(Report report) {
        this.report = report;
    }

    /** The page. */
    public static String of(Report report) {
        return new HtmlReport(report).page();
    }

    private String page() {
        String title = Html.escape(report.model() + " for " + report.target() + ", " + report.bits() + " bit");
        html.line("<!DOCTYPE html>");
        html.line("<html lang=\"en\"><head><meta charset=\"utf-8\"/>");
        html.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        html.line("<meta name=\"color-scheme\" content=\"light dark\"/>");
        html.line("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>");
        html.line("<title>" + title + "</title>");
        html.line("<style>" + resource("uplot/uPlot.min.css") + "</style>");
        html.line("<style>" + resource("report.css") + "</style></head><body>");
        html.line("<a class=\"skip\" href=\"#accuracy\">Skip to the figures</a>");
        html.line("<header><h1>" + title + "</h1>");
        html.line("<p class=\"lead\">Quantized with Bitgrain, profile " + Html.escape(report.profile()) + ".</p>");
        html.line("<p class=\"verdict\">" + Html.escape(Verdict.of(report, report.metric() != null && Metrics.SHARES.contains(report.metric()))) + "</p>");
        html.line("</header>");
        navigation();
        html.line("<main>");
        accuracy();
        facts();
        warnings();
        layers();
        training();
        tensors();
        accumulators();
        settings();
        html.line("</main>");
        html.line("<footer><details><summary>Charts: uPlot, MIT licence</summary><pre>" + Html.escape(resource("uplot/LICENSE"))
                + "</pre></details></footer>");
        html.line("<script type=\"application/json\" id=\"data\">" + ChartData.of(report) + "</script>");
        html.line("<script>" + resource("uplot/uPlot.iife.min.js") + "</script>");
        html.line("<script>" + resource("report.js") + "</script>");
        html.line("</body></html>");
        return html.toString();
    }

    private void navigation() {
        StringBuilder links = new StringBuilder("<nav aria-label=\"Sections\"><a href=\"#accuracy\">Accuracy</a>");
        link(links, "errors", "Layers", report.layers());
        link(links, "training", "Training", report.blocks());
        link(links, "tensors", "Tensors", report.tensors());
        link(links, "headroom", "Accumulators", report.accumulators());
        html.line(links.append("<a href=\"#settings\">Settings</a></nav>").toString());
    }

    private static void link(StringBuilder links, String id, String name, List<?> content) {
        if (!content.isEmpty()) {
            links.append("<a href=\"#").append(id).append("\">").append(name).append("</a>");
        }
    }

    private void accuracy() {
        html.section("accuracy", "Accuracy");
        if (report.accuracy().isEmpty()) {
            html.line("<p>Not measured: no samples were given (--eval DATA --labels FILE.npy).</p></section>");
            return;
        }
        html.line("<p class=\"note\">" + Html.escape(report.metric()) + " of each stage on the same samples. PTQ: after calibration; TQT: after threshold "
                + "training; tuned: after other passes on weights; chip: bit-exact simulation of the written model.</p><div class=\"cards\">");
        boolean shares = Metrics.SHARES.contains(report.metric());
        double real = report.accuracy().getOrDefault("float", Double.NaN);
        report.accuracy().forEach((stage, value) -> {
            String shown = shares ? String.format(Locale.ROOT, "%.2f %%", 100 * value) : Html.number(value);
            StringBuilder card = new StringBuilder("<div class=\"card " + Html.escape(stage) + "\"><small>" + Html.escape(Verdict.stage(stage)) + "</small><b>" + shown + "</b>");
            if (shares) {
                card.append(String.format(Locale.ROOT, "<span class=\"meter\"><i style=\"width:%.2f%%\"></i></span>", 100 * Math.clamp(value, 0.0, 1.0)));
                card.append(stage.equals("float") || Double.isNaN(real) ? "<small>reference</small>" : difference(100 * (value - real)));
            }
            html.line(card.append("</div>").toString());
        });
        html.line("</div></section>");
    }

    private static String difference(double points) {
        String kind = points >= -0.5 ? "good" : points >= -2 ? "warn" : "bad";
        return String.format(Locale.ROOT, "<small class=\"%s\">%s points</small>", kind, Verdict.signed(points));
    }

    private void facts() {
        if (!report.facts().isEmpty()) {
            html.line("<section id=\"facts\" aria-label=\"Model\"><dl class=\"facts\">");
            report.facts().forEach((name, value) ->
                    html.line("<div><dt>" + Html.escape(name) + "</dt><dd>" + Html.escape(value) + "</dd></div>"));
            html.line("</dl></section>");
        }
    }

    private void warnings() {
        if (!report.warnings().isEmpty()) {
            html.section("warnings", "Worth knowing").line("<ul class=\"warnings\">");
            report.warnings().forEach(warning -> html.line("<li>" + Html.escape(warning) + "</li>"));
            html.line("</ul></section>");
        }
    }

    private void layers() {
        List<Report.Layer> layers = report.layers();
        if (layers.isEmpty()) {
            return;
        }
        boolean trained = layers.stream().anyMatch(layer -> !Double.isNaN(layer.trained()));
        html.section("errors", "Error of each layer");
        html.line("<p class=\"note\">Noise power ÷ signal power at the output of each layer while the whole network is quantized, "
                + "in the order of the network; smaller is better. Time: estimated share of the whole network's time on the chip. Open a layer to see its tensors.</p>");
        legend(trained ? List.of("before|after calibration", "after|after training") : List.of("before|after calibration"));
        html.line("<div id=\"error-chart\"></div>");
        filter("layer-table", "layers");
        html.table("layer-table", "Error of each layer");
        if (trained) {
            html.head("layer", "operator", "#place", "#bits", "#calibrated", "#trained", "#cosine", "#time");
        } else {
            html.head("layer", "operator", "#place", "#bits", "#calibrated", "#cosine", "#time");
        }
        IntStream.range(0, layers.size()).boxed()
                .sorted((a, b) -> Double.compare(layers.get(b).error(), layers.get(a).error()))
                .forEach(i -> {
                    Report.Layer layer = layers.get(i);
                    html.line("<tr>" + Html.more("layer", i, layer.name()) + Html.cell(layer.type()) + Html.cell(i + 1, String.valueOf(i + 1), "")
                            + Html.cell(layer.bits(), String.valueOf(layer.bits()), "")
                            + Html.cell(layer.calibrated(), Html.percent(layer.calibrated()), trained ? "" : mark(layer.calibrated()))
                            + (trained ? Html.cell(layer.trained(), Html.percent(layer.trained()), mark(layer.trained())) : "")
                            + Html.cell(layer.cosine(), String.format(Locale.ROOT, "%.5f", layer.cosine()), "")
                            + Html.cell(layer.time(), Html.percent(layer.time()), "") + "</tr>");
                });
        html.closeTable().line("</section>");
    }

    private static String mark(double error) {
        return error >= LARGE ? "bad" : error >= NOTICEABLE ? "warn" : "";
    }

    private void training() {
        List<Report.Block> blocks = report.blocks();
        if (blocks.isEmpty()) {
            return;
        }
        html.section("training", "Threshold training");
        html.line("<p class=\"note\">Mean squared error of each block's output against the float network, before and after all training. "
                + "Open a block to see the loss of its own steps.</p>");
        legend(List.of("before|before", "after|after"));
        html.line("<div id=\"block-chart\"></div>");
        stages();
        html.table("block-table", "Threshold training").head("block", "#place", "#before", "#after", "#after ÷ before", "-loss of the steps");
        for (int i = 0; i < blocks.size(); i++) {
            Report.Block block = blocks.get(i);
            double ratio = block.lossBefore() > 0 ? block.lossAfter() / block.lossBefore() : Double.NaN;
            html.line("<tr>" + Html.more("block", i, block.name()) + Html.cell(i + 1, String.valueOf(i + 1), "")
                    + Html.cell(block.lossBefore(), Html.number(block.lossBefore()), "")
                    + Html.cell(block.lossAfter(), Html.number(block.lossAfter()), "")
                    + Html.cell(ratio, Double.isNaN(ratio) ? "–" : String.format(Locale.ROOT, "%.2f", ratio), ratio > 1 ? "warn" : "")
                    + "<td data-spark=\"block\" data-index=\"" + i + "\"></td></tr>");
        }
        html.closeTable().line("</section>");
    }

    /** What was trained beside the blocks: the network as a whole. */
    private void stages() {
        List<TrainingCurves.Curve> curves = report.curves();
        int[] stages = IntStream.range(0, curves.size())
                .filter(i -> report.blocks().stream().noneMatch(block -> block.name().equals(curves.get(i).name()))).toArray();
        if (stages.length > 0) {
            html.line("<div class=\"js-only\"><p class=\"note\">Loss of each stage that trains the whole network on its output, in their order:</p>"
                    + "<div class=\"many\">");
            for (int i : stages) {
                html.line("<div><h3>" + Html.escape(curves.get(i).name()) + "</h3><div data-curve=\"" + i + "\"></div></div>");
            }
            html.line("</div></div>");
        }
    }

    private void tensors() {
        List<TensorFigures> tensors = report.tensors();
        if (tensors.isEmpty()) {
            return;
        }
        html.section("tensors", "Exponents and clipping");
        html.line("<p class=\"note\">Values of each tensor before they are rounded, on calibration samples, while everything before it is quantized. "
                + "Red lines: the range that the exponent can hold; what lies beyond is clipped. Counts are drawn on a logarithmic scale."
                + (tensors.stream().anyMatch(TensorFigures::activation)
                        ? " *: clipping here does the work of an activation of the network, such as ReLU6." : "") + "</p>");
        filter("tensor-table", "tensors");
        html.table("tensor-table", "Exponents and clipping")
                .head("tensor", "role", "#place", "#bits", "#exponent", "#range", "#largest value", "#clipped", "-histogram");
        for (int i = 0; i < tensors.size(); i++) {
            TensorFigures tensor = tensors.get(i);
            int least = tensor.exponents().getFirst();
            int most = tensor.exponents().getLast();
            double largest = Math.max(Math.abs(tensor.min()), Math.abs(tensor.max()));
            html.line("<tr>" + Html.more("tensor", i, tensor.name()) + Html.cell(tensor.role().word())
                    + Html.cell(i + 1, String.valueOf(i + 1), "") + Html.cell(tensor.bits(), String.valueOf(tensor.bits()), "")
                    + Html.cell(most, least == most ? String.valueOf(most) : least + " … " + most, "")
                    + Html.cell(-tensor.low(), "±" + Html.number(-tensor.low()), "") + Html.cell(largest, Html.number(largest), "")
                    + Html.cell(tensor.clippedShare(), Html.percent(tensor.clippedShare()) + (tensor.activation() ? "*" : ""),
                            tensor.clippedShare() > MUCH_CLIPPED && !tensor.activation() ? "warn" : "")
                    + "<td data-spark=\"tensor\" data-index=\"" + i + "\"></td></tr>");
        }
        html.closeTable().line("</section>");
    }

    private void accumulators() {
        List<Report.Accumulator> accumulators = report.accumulators();
        if (accumulators.isEmpty()) {
            return;
        }
        html.section("headroom", "Room in the accumulators");
        html.line("<p class=\"note\">Bits that are left when products are summed up on the chip, in the worst channel. Proven: for any input, by the "
                + "weights alone. Seen: on calibration samples, where the weights prove nothing. Below 0 a sum saturates and is wrong.</p>");
        legend(List.of("before|proven by the weights", "after|seen", "bad|full"));
        html.line("<div id=\"headroom-chart\"></div>");
        html.table("headroom-table", "Room in the accumulators")
                .head("node", "operator", "#channels", "#width", "#bits left, proven", "#bits left, seen", "#additions saturated");
        for (Report.Accumulator layer : accumulators) {
            html.line("<tr><th scope=\"row\">" + Html.escape(layer.node()) + "</th>" + Html.cell(layer.type())
                    + Html.cell(layer.channels(), String.valueOf(layer.channels()), "") + Html.cell(layer.laneBits(), String.valueOf(layer.laneBits()), "")
                    + Html.cell(layer.proven(), String.valueOf(layer.proven()), "")
                    + Html.cell(layer.seen(), String.valueOf(layer.seen()), layer.seen() < 0 ? "bad" : "")
                    + Html.cell(layer.saturated(), String.format(Locale.ROOT, "%,d", layer.saturated()), layer.saturated() > 0 ? "bad" : "") + "</tr>");
        }
        html.closeTable().line("</section>");
    }

    private void settings() {
        html.section("settings", "Settings");
        html.line("<details><summary>Settings in force</summary><pre tabindex=\"0\">" + Html.escape(Json.text(report.settings())) + "</pre></details></section>");
    }

    private void legend(List<String> keys) {
        StringBuilder line = new StringBuilder("<p class=\"js-only\">");
        for (String key : keys) {
            String[] parts = key.split("\\|");
            line.append("<span class=\"key ").append(parts[0]).append("\">").append(parts[1]).append("</span>");
        }
        html.line(line.append("</p>").toString());
    }

    private void filter(String table, String what) {
        html.line("<div class=\"tools js-only\"><label>Show " + what + " with <input type=\"search\" data-filter=\"" + table + "\"/></label></div>");
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the application lacks its file " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
