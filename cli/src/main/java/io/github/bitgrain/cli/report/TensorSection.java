package io.github.bitgrain.cli.report;

import java.util.List;
import java.util.Locale;

/** The section of a page about quantized tensors: exponents, clipping, noise, and histograms that open. */
final class TensorSection {
    private static final String ID = "tensor-table";
    private static final String HEADING = "Exponents and clipping";
    /** Share of clipped values from which on a tensor is marked. */
    private static final double MUCH_CLIPPED = 1e-3;
    /** Ratio of a weight's channels from which on small channels are left with two bits less. */
    private static final double UNEQUAL = 4;

    private TensorSection() {}

    /** Writes the section; nothing if there are no tensors. The page's data must have the same tensors in the same order. */
    static void write(Page page, List<TensorFigures> tensors) {
        if (tensors.isEmpty()) {
            return;
        }
        Html html = page.section("tensors", HEADING, "Tensors");
        html.line("<p class=\"note\">Values of each tensor before they are rounded, on calibration samples, while everything before it is quantized. "
                + "Noise: noise power ÷ signal power of rounding and clipping this tensor alone. Imbalance, of weights: the largest output channel ÷ the median one. "
                + "Red lines: the range that the exponent can hold; what lies beyond is clipped. Counts are drawn on a logarithmic scale."
                + (tensors.stream().anyMatch(TensorFigures::activation)
                        ? " *: clipping here does the work of an activation of the network, such as ReLU6, and is no noise." : "") + "</p>");
        html.filter(ID, "tensors");
        html.table(ID, HEADING).head("tensor", "-histogram", "role", "#place", "#bits", "#exponent", "#range", "#largest value", "#clipped", "#noise", "#imbalance");
        for (int i = 0; i < tensors.size(); i++) {
            row(html, i, tensors.get(i));
        }
        html.closeTable().line("</section>");
    }

    private static void row(Html html, int i, TensorFigures tensor) {
        int least = tensor.exponents().getFirst();
        int most = tensor.exponents().getLast();
        double largest = Math.max(Math.abs(tensor.min()), Math.abs(tensor.max()));
        double imbalance = tensor.imbalance() == null ? Double.NaN : tensor.imbalance();
        html.line("<tr>" + Html.more("tensor", i, tensor.name()) + "<td data-spark=\"tensor\" data-index=\"" + i + "\"></td>" + Html.cell(tensor.role().word())
                + Html.cell(i + 1, String.valueOf(i + 1), "") + Html.cell(tensor.bits(), String.valueOf(tensor.bits()), "")
                + Html.cell(most, least == most ? String.valueOf(most) : least + " … " + most, "")
                + Html.cell(-tensor.low(), "±" + Html.number(-tensor.low()), "") + Html.cell(largest, Html.number(largest), "")
                + Html.cell(tensor.clippedShare(), Html.percent(tensor.clippedShare()) + (tensor.activation() ? "*" : ""),
                        tensor.clippedShare() > MUCH_CLIPPED && !tensor.activation() ? "warn" : "")
                + Html.cell(tensor.noise(), Html.percent(tensor.noise()) + (tensor.activation() ? "*" : ""), "")
                + Html.cell(imbalance, tensor.imbalance() == null ? "" : String.format(Locale.ROOT, "%.2f", imbalance),
                        tensor.channels() == 1 && imbalance >= UNEQUAL ? "warn" : "") + "</tr>");
    }
}
