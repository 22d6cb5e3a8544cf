package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.cli.pipeline.TrainingCurves;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A {@link Report} as one self-contained HTML {@link Page}. */
public final class HtmlReport {
    private final Page page;
    private final Html html;
    private final Report report;

    private HtmlReport(Report report) {
        this.report = report;
        page = new Page(report.model() + " for " + report.target() + ", " + report.bits() + " bit", "Quantized with Bitgrain, profile " + report.profile() + ".",
                Verdict.of(report, report.metric() != null && Metrics.SHARES.contains(report.metric())));
        html = page.html();
    }

    /** The page. */
    public static String of(Report report) {
        return new HtmlReport(report).page();
    }

    private String page() {
        accuracy();
        page.facts(report.facts());
        page.warnings(report.warnings());
        layers();
        training();
        TensorSection.write(page, report.tensors());
        accumulators();
        page.settings(report.settings());
        return page.text(ChartData.of(report));
    }

    private void accuracy() {
        page.section("accuracy", "Accuracy", "Accuracy");
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
            String more = "";
            if (shares) {
                more = String.format(Locale.ROOT, "<span class=\"meter\"><i style=\"width:%.2f%%\"></i></span>", 100 * Math.clamp(value, 0.0, 1.0))
                        + (stage.equals("float") || Double.isNaN(real) ? "<small>reference</small>" : difference(100 * (value - real)));
            }
            html.line(Html.card(stage, Verdict.stage(stage), shown, more));
        });
        html.line("</div></section>");
    }

    private static String difference(double points) {
        String kind = points >= -0.5 ? "good" : points >= -2 ? "warn" : "bad";
        return String.format(Locale.ROOT, "<small class=\"%s\">%s points</small>", kind, Verdict.signed(points));
    }

    private void layers() {
        List<Report.Layer> layers = report.layers();
        if (layers.isEmpty()) {
            return;
        }
        boolean trained = layers.stream().anyMatch(layer -> !Double.isNaN(layer.trained()));
        page.section("errors", "Error of each layer", "Layers");
        html.line("<p class=\"note\">Noise power ÷ signal power at the output of each layer while the whole network is quantized, "
                + "in the order of the network; smaller is better. Time: estimated share of the whole network's time on the chip. Open a layer to see its tensors.</p>");
        html.legend(trained ? List.of("before|after calibration", "after|after training") : List.of("before|after calibration"));
        html.line("<div id=\"error-chart\"></div>");
        html.filter("layer-table", "layers");
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
                            + Html.cell(layer.calibrated(), Html.percent(layer.calibrated()), trained ? "" : Html.mark(layer.calibrated()))
                            + (trained ? Html.cell(layer.trained(), Html.percent(layer.trained()), Html.mark(layer.trained())) : "")
                            + Html.cell(layer.cosine(), String.format(Locale.ROOT, "%.5f", layer.cosine()), "")
                            + Html.cell(layer.time(), Html.percent(layer.time()), "") + "</tr>");
                });
        html.closeTable().line("</section>");
    }

    private void training() {
        List<Report.Block> blocks = report.blocks();
        if (blocks.isEmpty()) {
            return;
        }
        boolean thresholds = Stream.of("tqt_optimization", "lsq_optimization").anyMatch(setting -> Boolean.TRUE.equals(report.settings().get(setting)));
        String title = thresholds ? "Threshold training" : "Corrections after calibration";
        page.section("training", title, thresholds ? "Training" : "Corrections");
        html.line("<p class=\"note\">Mean squared error of each block's output against the float network, before and after "
                + (thresholds ? "all training" : "its biases were corrected or its roundings learned") + ". Open a block to see the loss of its own steps.</p>");
        html.legend(List.of("before|before", "after|after"));
        html.line("<div id=\"block-chart\"></div>");
        stages();
        html.table("block-table", title).head("block", "#place", "#before", "#after", "#after ÷ before", "-loss of the steps");
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

    private void accumulators() {
        List<Report.Accumulator> accumulators = report.accumulators();
        if (accumulators.isEmpty()) {
            return;
        }
        page.section("headroom", "Room in the accumulators", "Accumulators");
        html.line("<p class=\"note\">Bits that are left when products are summed up on the chip, in the worst channel. Proven: for any input, by the "
                + "weights alone. Seen: on calibration samples, where the weights prove nothing. Below 0 a sum saturates and is wrong.</p>");
        html.legend(List.of("before|proven by the weights", "after|seen", "bad|full"));
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
}
