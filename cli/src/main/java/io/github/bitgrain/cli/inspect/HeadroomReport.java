package io.github.bitgrain.cli.inspect;

import io.github.bitgrain.simulator.Headroom;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * Room in accumulators, for people; also the JSON of {@code inspect --headroom}.
 *
 * @param model file
 * @param target chip family
 * @param layers Conv, Gemm and MatMul nodes in order
 */
public record HeadroomReport(String model, String target, List<Headroom.Layer> layers) {
    /**
     * Prints a table, one line for each layer.
     *
     * @param observed whether values were seen in runs; else they are bounds
     */
    public static void print(List<Headroom.Layer> layers, boolean observed, PrintWriter out) {
        int width = Math.clamp(layers.stream().mapToInt(l -> l.node().length()).max().orElse(0), 4, 60);
        out.println(String.format(Locale.ROOT, "%-" + width + "s  %-7s %9s %9s %16s %10s%s", "node", "type", "lane bits", "bits left",
                "channels below 0", "of", observed ? "  additions saturated" : ""));
        for (Headroom.Layer layer : layers) {
            out.println(String.format(Locale.ROOT, "%-" + width + "s  %-7s %9d %9d %,16d %,10d%s", layer.node(), layer.type(),
                    layer.laneBits(), layer.bitsLeft(), layer.channels().stream().filter(c -> c.bitsLeft() < 0).count(),
                    layer.channels().size(), observed ? String.format(Locale.ROOT, "  %,d", layer.saturated()) : ""));
        }
    }
}
