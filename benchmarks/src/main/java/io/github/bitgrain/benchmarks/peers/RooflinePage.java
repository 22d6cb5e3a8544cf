package io.github.bitgrain.benchmarks.peers;

import io.github.bitgrain.benchmarks.MachineLimits;
import java.util.List;
import java.util.Locale;

/** A self-contained HTML page: the table of ratios, and for each network a plot of its convolutions under the machine's limits. */
final class RooflinePage {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 360;
    private static final int MARGIN = 48;
    /** Room above, for the name of the axis, and to the right, for half of the last number. */
    private static final int EDGE = 24;
    /** Operations per byte and Gflop/s at the ends of the axes. */
    private static final double[] X = {0.5, 512};
    private static final double[] Y = {2, 512};

    private final StringBuilder html = new StringBuilder();

    private RooflinePage() {}

    /**
     * A layer.
     *
     * @param kind dense, pointwise or depthwise
     * @param label what the reader sees when pointing at it
     * @param intensity operations per byte moved at least
     * @param gigaflops operations per nanosecond
     */
    record Point(String kind, String label, double intensity, double gigaflops) {}

    static String of(MachineLimits limits, List<NetworkRatios.Figures> networks) {
        return new RooflinePage().page(limits, networks);
    }

    private String page(MachineLimits limits, List<NetworkRatios.Figures> networks) {
        html.append("""
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
                <title>Bitgrain beside ONNX Runtime</title><style>
                :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --a: #0a66c2; --b: #9a6700; --c: #1a7f37; }
                @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --a: #58a6ff; --b: #d29922; --c: #3fb950; } }
                body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
                table { border-collapse: collapse; } td, th { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
                td:first-child, th:first-child { text-align: left; }
                svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; } svg path { fill: none; stroke: var(--ink); }
                svg line { stroke: var(--line); } .pointwise { fill: var(--a); } .dense { fill: var(--b); } .depthwise { fill: var(--c); }
                </style></head><body><main><h1>Bitgrain beside ONNX Runtime</h1>
                <p>One thread, one image, both in one process in turn, medians. Ratio above 1: Bitgrain is faster.</p>
                <table><thead><tr><th scope="col">network</th><th scope="col">speed ÷ ONNX Runtime</th><th scope="col">largest difference</th></tr></thead><tbody>
                """);
        for (NetworkRatios.Figures network : networks) {
            line("<tr><td>%s</td><td>%.2f</td><td>%.1e</td></tr>", network.name(), network.ratio(), network.difference());
        }
        line("</tbody></table><p>Limits of one core: %.0f Gflop/s, copying %.0f GB/s in the cache, %.0f GB/s in memory.</p>", limits.gigaflops(),
                limits.cacheGigabytes(), limits.memoryGigabytes());
        networks.forEach(network -> plot(limits, network));
        line("</main></body></html>");
        return html.toString();
    }

    private void plot(MachineLimits limits, NetworkRatios.Figures network) {
        line("<h2>%s</h2><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Speed of the convolutions of %s by operations per byte\">",
                network.name(), WIDTH, HEIGHT, network.name());
        for (double x = X[0]; x <= X[1]; x *= 4) {
            line("<line x1=\"%1$.0f\" x2=\"%1$.0f\" y1=\"%2$.0f\" y2=\"%3$.0f\"/><text x=\"%1$.0f\" y=\"%4$.0f\" text-anchor=\"middle\">%5$s</text>", x(x), y(Y[0]), y(Y[1]), y(Y[0]) + 16,
                    number(x));
        }
        for (double y = Y[0]; y <= Y[1]; y *= 4) {
            line("<line y1=\"%1$.0f\" y2=\"%1$.0f\" x1=\"%2$.0f\" x2=\"%3$.0f\"/><text x=\"%5$d\" y=\"%1$.0f\" dy=\"4\" text-anchor=\"end\">%4$s</text>",
                    y(y), x(X[0]), x(X[1]), number(y), MARGIN - 6);
        }
        roof(limits.cacheGigabytes(), limits.gigaflops());
        roof(limits.memoryGigabytes(), limits.gigaflops());
        for (Point point : network.layers()) {
            line("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>%s: %.1f Gflop/s</title></circle>", point.kind(), x(point.intensity()),
                    y(point.gigaflops()), point.label(), point.gigaflops());
        }
        line("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">operations per byte</text><text x=\"4\" y=\"14\">Gflop/s</text></svg>", WIDTH - EDGE, HEIGHT - 4);
        line("<p><span class=\"key\">Blue: pointwise, brown: dense k × k, green: depthwise; lines: copying in cache and memory, peak.</span></p>");
    }

    private void roof(double gigabytes, double peak) {
        double ridge = peak / gigabytes;
        double start = Math.max(X[0], Y[0] / gigabytes);
        line("<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f\"/>", x(start), y(start * gigabytes), x(ridge), y(peak), x(X[1]), y(peak));
    }

    private static double x(double value) {
        return MARGIN + (WIDTH - MARGIN - EDGE) * Math.log(Math.clamp(value, X[0], X[1]) / X[0]) / Math.log(X[1] / X[0]);
    }

    private static double y(double value) {
        return HEIGHT - MARGIN - (HEIGHT - MARGIN - EDGE) * Math.log(Math.clamp(value, Y[0], Y[1]) / Y[0]) / Math.log(Y[1] / Y[0]);
    }

    private static String number(double value) {
        return value < 1 ? Double.toString(value) : Integer.toString((int) value);
    }

    private void line(String format, Object... values) {
        html.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
