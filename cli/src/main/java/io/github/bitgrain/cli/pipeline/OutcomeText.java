package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.quantizer.search.MixedPrecision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The outcome of the main job for people: the accuracy of all stages in one table, then the file. */
public final class OutcomeText {
    private static final Map<String, String> TITLES = Map.of("float", "float", "ptq", "PTQ", "tqt", "TQT", "chip", "chip");

    private static final double NOTABLE = 1.001;

    private OutcomeText() {}

    /**
     * Prints.
     *
     * @param metric name of the accuracy measure; shares are shown in percent
     */
    public static void print(Outcome outcome, String metric, PrintWriter out) {
        if (!outcome.accuracy().isEmpty()) {
            boolean share = Metrics.SHARES.contains(metric);
            StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-10s", ""));
            StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-10s", metric));
            outcome.accuracy().forEach((stage, value) -> {
                head.append(String.format(Locale.ROOT, " %9s", TITLES.getOrDefault(stage, stage)));
                row.append(share ? String.format(Locale.ROOT, " %9.2f", 100 * value) : String.format(Locale.ROOT, " %9.4g", value));
            });
            out.println(head);
            out.println(row.append(share ? " %" : ""));
        }
        if (outcome.search() != null) {
            out.println("settings   " + outcome.search().chosen() + ", after " + outcome.search().trials().size() + " trials");
        }
        if (outcome.mixedPrecision() != null) {
            out.println(mixture(outcome.mixedPrecision()));
        }
        double chosen = outcome.mixedPrecision() == null ? 1 : outcome.mixedPrecision().latency();
        if (outcome.latency() > chosen * NOTABLE) {
            out.println(String.format(Locale.ROOT, "latency    estimated at %.2fx that of 8 bits without Pads in front of convolutions", outcome.latency()));
        }
        printEnds(outcome.inputs(), outcome.head(), out);
        String check = outcome.bitExact() == null ? "no test vectors" : outcome.bitExact() ? "bit-exact" : "NOT bit-exact";
        out.println(outcome.output() + "  " + size(Path.of(outcome.output())) + "  " + outcome.target() + " int" + outcome.bits() + "  "
                + check + (outcome.blocks().isEmpty() ? "" : "  (" + outcome.exponentsMoved() + " exponents moved)"));
        out.flush();
    }

    /** What the firmware has to do in front of the chip model and behind it; null where nothing. */
    public static void printEnds(Map<String, Outcome.Input> inputs, Outcome.Head head, PrintWriter out) {
        if (inputs != null) {
            inputs.forEach((name, input) -> out.println("input      \"" + name + "\" is fitted: feed " + fed(input)));
        }
        if (head != null) {
            int count = head.outputs().size();
            out.println("head       " + head.file() + " is left to the application, which gets " + (count == 1 ? "1 output" : count + " outputs")
                    + (head.reason() == null ? "" : ": " + head.reason()));
        }
    }

    /** The choice of 16-bit layers in a line. */
    public static String mixture(MixedPrecision.Choice choice) {
        List<String> wide = choice.layers().stream().filter(MixedPrecision.Layer::wide).map(MixedPrecision.Layer::node).toList();
        String time = choice.milliseconds() == null ? "" : String.format(Locale.ROOT, ", about %.3g ms on one core", choice.milliseconds());
        return String.format(Locale.ROOT, "16 bits    %d of %d layers, %.1f %% of the products, estimated latency %.2fx%s: %s", wide.size(),
                choice.layers().size(), 100 * choice.wideMacs(), choice.latency(), time, wide.isEmpty() ? "none" : String.join(", ", wide));
    }

    /** Why a search did not find what it was asked for. */
    public static String missed(SearchResult search) {
        SearchResult.Trial best = search.trials().stream().filter(trial -> trial.name().equals(search.chosen())).findFirst().orElseThrow();
        return String.format(Locale.ROOT, "no settings drop by at most %s; the best, \"%s\", drops by %.3g%s", search.maxDrop(), best.name(), best.drop(),
                search.preventing().isEmpty()
                        ? ""
                        : "; at 8 bits the largest errors come from " + String.join(", ", search.preventing()) + ": a larger --latency-budget "
                                + "lets them have 16");
    }

    /** What stands for a value v of the data. */
    public static String fed(Outcome.Input input) {
        boolean bytes = input.exponent() == 0 && input.scale().equals(List.of(1f)) && input.mean().stream().allMatch(mean -> mean == Math.rint(mean));
        String value = input.scale().equals(List.of(1f)) ? "v" : "v * " + numbers(input.scale());
        boolean negative = input.mean().size() == 1 && input.mean().getFirst() < 0;
        String moved = value + (negative ? " + " + number(-input.mean().getFirst()) : " - " + numbers(input.mean()));
        String scaled = input.exponent() == 0 ? moved : "(" + moved + ") / 2^" + input.exponent();
        return (bytes ? moved : "round(" + scaled + ")") + " for a value v of the data";
    }

    private static String numbers(List<Float> channels) {
        return channels.size() == 1 ? number(channels.getFirst())
                : channels.stream().map(OutcomeText::number).collect(Collectors.joining(", ", "(", ")"));
    }

    private static String number(float value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.format(Locale.ROOT, "%.6g", value);
    }

    private static String size(Path file) {
        try {
            long bytes = Files.size(file);
            return bytes < 1 << 20
                    ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
                    : String.format(Locale.ROOT, "%.2f MiB", bytes / (1024.0 * 1024));
        } catch (IOException e) {
            return "size unknown";
        }
    }
}
