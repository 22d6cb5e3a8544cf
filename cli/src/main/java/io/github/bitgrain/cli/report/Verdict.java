package io.github.bitgrain.cli.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The report in a few sentences. */
final class Verdict {
    private Verdict() {}

    /**
     * What the figures say.
     *
     * @param shares whether the metric is a share, larger being better
     */
    static String of(Report report, boolean shares) {
        List<String> sentences = new ArrayList<>();
        Double real = report.accuracy().get("float");
        Double chip = report.accuracy().get("chip");
        if (shares && real != null && chip != null) {
            sentences.add(String.format(Locale.ROOT, "On the chip %s is %.2f %%, %s points against the float network.", report.metric(), 100 * chip,
                    signed(100 * (chip - real))));
        }
        report.layers().stream().max(Comparator.comparingDouble(Report.Layer::error)).ifPresent(layer ->
                sentences.add("The largest error is that of " + layer.name() + ", " + Html.percent(layer.error()) + "."));
        long clipping = report.tensors().stream().filter(tensor -> tensor.clipped() > 0 && !tensor.activation()).count();
        if (!report.tensors().isEmpty()) {
            sentences.add(clipping + " of " + report.tensors().size() + " tensors clip some of their values.");
        }
        long saturating = report.accumulators().stream().filter(layer -> layer.saturated() > 0).count();
        if (!report.accumulators().isEmpty()) {
            sentences.add(saturating == 0 ? "No accumulator was seen to saturate."
                    : saturating + (saturating == 1 ? " layer saturates its accumulators." : " layers saturate their accumulators."));
        }
        return String.join(" ", sentences);
    }

    /** A difference with its sign; a difference that rounds to zero has none. */
    static String signed(double points) {
        String text = String.format(Locale.ROOT, "%+.2f", points);
        return text.equals("-0.00") || text.equals("+0.00") ? "±0.00" : text.replace('-', '−');
    }

    /** What people call a stage. */
    static String stage(String name) {
        return name.equals("ptq") || name.equals("tqt") ? name.toUpperCase(Locale.ROOT) : name;
    }
}
