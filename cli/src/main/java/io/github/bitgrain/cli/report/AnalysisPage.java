package io.github.bitgrain.cli.report;

import java.util.List;
import java.util.Locale;

/** An {@link Analysis} as one self-contained HTML {@link Page}. */
public final class AnalysisPage {
    private static final double KIB = 1024;

    private final Page page;
    private final Html html;
    private final Analysis analysis;
    private final Sensitivity sensitivity;

    private AnalysisPage(Analysis analysis) {
        this.analysis = analysis;
        sensitivity = analysis.sensitivity();
        page = new Page("Where quantization hurts: " + analysis.model() + " for " + analysis.target() + ", " + analysis.bits() + " bit",
                "Analysed with Bitgrain, profile " + analysis.profile() + ": the network that quantize without training makes under these settings.", analysis.verdict());
        html = page.html();
    }

    /** The page. */
    public static String of(Analysis analysis) {
        return new AnalysisPage(analysis).page();
    }

    private String page() {
        figures();
        page.facts(analysis.facts());
        page.warnings(analysis.warnings());
        layers();
        others();
        TensorSection.write(page, sensitivity.tensors());
        page.settings(analysis.settings());
        return page.text(ChartData.of(sensitivity));
    }

    private void figures() {
        page.section("figures", "At a glance", "At a glance");
        Sensitivity.Latency latency = sensitivity.latency();
        html.line("<div class=\"cards\">");
        html.line(card("everything quantized", Html.percent(sensitivity.whole()), Html.mark(sensitivity.whole()), "noise ÷ signal at the outputs"));
        html.line(card("layers", String.valueOf(sensitivity.layers().size()), "", "of " + analysis.program().nodes() + " nodes on the chip"));
        html.line(latency.milliseconds() == null
                ? card("estimated time", String.format(Locale.ROOT, "%,.0f", latency.operations()), "", "vector operations")
                : card("estimated time", String.format(Locale.ROOT, "%.1f ms", latency.milliseconds()), "", "on one core of the chip"));
        html.line(card("memory", String.format(Locale.ROOT, "%.1f KiB", (analysis.program().parameterBytes() + analysis.program().activationBytes()) / KIB), "",
                String.format(Locale.ROOT, "%.1f parameters + %.1f values in flight", analysis.program().parameterBytes() / KIB, analysis.program().activationBytes() / KIB)));
        html.line("</div></section>");
    }

    private static String card(String name, String value, String kind, String more) {
        String small = "<small" + (kind.isEmpty() ? "" : " class=\"" + kind + "\"") + ">" + Html.escape(more) + "</small>";
        return Html.card("", name, value, small);
    }

    private void layers() {
        List<Sensitivity.Layer> layers = sensitivity.layers();
        if (layers.isEmpty()) {
            return;
        }
        page.section("layers", "Sensitivity of each layer", "Layers");
        html.line("<p class=\"note\">Noise power ÷ signal power at the outputs, the most sensitive layer first; smaller is better. Alone: the layer is quantized and nothing else. "
                + "At 16 bits, in float: everything is quantized, but the layer has 16 bits or stays in float. Cumulated: at the layer's own output, with everything quantized. "
                + "Errors do not add up: noise of one layer may hide or undo that of another; measured on few samples they are uncertain. Time: estimated share on the chip. Open a layer to see its tensors.</p>");
        html.legend(List.of("after|alone", "wide|what the layer at 16 bits would leave", "cumulated|cumulated at the layer", "whole|everything quantized"));
        html.line("<div id=\"ranking-chart\"></div>");
        html.filter("layer-table", "layers");
        html.table("layer-table", "Sensitivity of each layer").head("layer", "operator", "#place", "#bits", "#alone", "#weights", "#activations", "#in float",
                "#at 16 bits", "#cumulated", "#time", "#ms", "#cosine", "#weights, bytes", "#activations, bytes");
        for (int i = 0; i < layers.size(); i++) {
            layer(i, layers.get(i));
        }
        html.closeTable().line("</section>");
    }

    private void layer(int i, Sensitivity.Layer layer) {
        html.line("<tr>" + Html.more("layer", i, layer.node()) + Html.cell(layer.type()) + count(layer.place()) + count(layer.bits())
                + Html.cell(layer.alone(), Html.percent(layer.alone()), Html.mark(layer.alone())) + share(layer.weightsOnly()) + share(layer.activationsOnly())
                + rest(layer.inFloat()) + rest(layer.in16Bits())
                + Html.cell(layer.cumulated(), Html.percent(layer.cumulated()), Html.mark(layer.cumulated()))
                + share(layer.latencyShare()) + milliseconds(layer.milliseconds())
                + Html.cell(layer.cumulatedCosine(), String.format(Locale.ROOT, "%.5f", layer.cumulatedCosine()), "") + count(layer.weightBytes()) + count(layer.activationBytes()) + "</tr>");
    }

    /** What a change would leave of the whole error: marked as good where it is clearly less. */
    private String rest(double error) {
        return Html.cell(error, Html.percent(error), error < Sensitivity.CLEARLY_LESS * sensitivity.whole() ? "good" : "");
    }

    private static String share(double share) {
        return Html.cell(share, Html.percent(share), "");
    }

    private static String count(long count) {
        return Html.cell(count, String.format(Locale.ROOT, "%,d", count), "");
    }

    private static String milliseconds(Double milliseconds) {
        return Html.cell(milliseconds == null ? Double.NaN : milliseconds, milliseconds == null ? "–" : String.format(Locale.ROOT, "%.3f", milliseconds), "");
    }

    private void others() {
        List<Sensitivity.Other> others = sensitivity.latency().others().stream().filter(node -> node.latencyShare() > 0).toList();
        if (others.isEmpty()) {
            return;
        }
        int free = sensitivity.latency().others().size() - others.size();
        page.section("others", "Other nodes", "Other nodes");
        html.line("<p class=\"note\">What nodes without weights cost on the chip, the slowest first. Time: estimated share of the whole network's."
                + (free == 0 ? "" : " " + free + " more take no time of their own: their neighbours do their work, or nothing is to be done.") + "</p>");
        html.table("other-table", "Other nodes").head("node", "operator", "#bits", "#time", "#ms", "#constants, bytes", "#activations, bytes");
        for (Sensitivity.Other node : others) {
            html.line("<tr><th scope=\"row\">" + Html.escape(node.node()) + "</th>" + Html.cell(node.type())
                    + (node.bits() == 0 ? Html.cell(32, "float", "") : count(node.bits())) + share(node.latencyShare()) + milliseconds(node.milliseconds())
                    + count(node.weightBytes()) + count(node.activationBytes()) + "</tr>");
        }
        html.closeTable().line("</section>");
    }
}
