package io.github.bitgrain.cli.pipeline;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** The outcome of the main job for people: the accuracy of all stages in one table, then the file. */
public final class OutcomeText {
    private static final Map<String, String> TITLES = Map.of("float", "float", "ptq", "PTQ", "tqt", "TQT", "chip", "chip");

    private OutcomeText() {}

    /**
     * Prints.
     *
     * @param metric name of the accuracy measure; shares are shown in percent
     */
    public static void print(Outcome outcome, String metric, PrintWriter out) {
        if (!outcome.accuracy().isEmpty()) {
            boolean share = metric.startsWith("top") || metric.equals("agreement");
            StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-10s", ""));
            StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-10s", metric));
            outcome.accuracy().forEach((stage, value) -> {
                head.append(String.format(Locale.ROOT, " %9s", TITLES.getOrDefault(stage, stage)));
                row.append(share ? String.format(Locale.ROOT, " %9.2f", 100 * value) : String.format(Locale.ROOT, " %9.4g", value));
            });
            out.println(head);
            out.println(row.append(share ? " %" : ""));
        }
        String check = outcome.bitExact() == null ? "no test vectors" : outcome.bitExact() ? "bit-exact" : "NOT bit-exact";
        out.println(outcome.output() + "  " + size(Path.of(outcome.output())) + "  " + outcome.target() + " int" + outcome.bits() + "  "
                + check + (outcome.blocks().isEmpty() ? "" : "  (" + outcome.exponentsMoved() + " exponents moved)"));
        out.flush();
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
