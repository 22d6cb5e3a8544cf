package io.github.bitgrain.cli.command;

import io.github.bitgrain.core.BitgrainException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** Layers at 16 bits and how far a search may go. */
final class WidthOptions {
    private static final double DEFAULT_BUDGET = 1.2;

    @Option(names = "--mixed-precision", paramLabel = "auto", description = "auto: give 16 bits to the layers whose 8 bits cost most accuracy for "
            + "their time, as measured on calibration samples, within --latency-budget.")
    private String mixedPrecision;

    @Option(names = "--latency-budget", converter = Times.class, paramLabel = "N.Nx", description = "Largest estimated latency on the chip, as a "
            + "multiple of the 8-bit network's: 1.2x (default). It bounds --mixed-precision and --max-drop.")
    private Double budget;

    @Option(names = "--max-drop", paramLabel = "D", description = "Search settings (calibration, equalization, training, 16-bit layers) until the "
            + "chip loses at most D on --eval against float: points of top1, agreement, map50 and the like, nats as they are. If none does, the "
            + "best model is written, the layers that prevent it are named, and the exit code is 1.")
    private Double maxDrop;

    @Option(names = "--trials", paramLabel = "FILE.json", description = "Keep the trials of a search in this file, and go on from those that it "
            + "holds: a search that was broken off ends as if it had not been.")
    private Path trials;

    /** A multiple: 1.2x or 1.2. */
    static final class Times implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            double value;
            try {
                value = Double.parseDouble(text.endsWith("x") ? text.substring(0, text.length() - 1) : text);
            } catch (NumberFormatException e) {
                throw BitgrainException.usage("latency budget: '" + text + "' is not a multiple such as 1.2x");
            }
            if (!(value >= 1) || Double.isInfinite(value)) {
                throw BitgrainException.usage("latency budget: " + text + " is less than 1x, the 8-bit network itself");
            }
            return value;
        }
    }

    boolean isMixed() {
        return mixedPrecision != null;
    }

    /** Whether --latency-budget is given. */
    boolean bounds() {
        return budget != null;
    }

    double budget() {
        return budget == null ? DEFAULT_BUDGET : budget;
    }

    /** Where the trials of a search are kept, or null. */
    Path trials() {
        return trials;
    }

    /** The drop that a search must meet, or null. */
    Double maxDrop() {
        return maxDrop;
    }

    /**
     * Refuses combinations without a meaning.
     *
     * @param searches whether the command searches in any case
     */
    void check(int bits, boolean searches) {
        if (mixedPrecision != null && !mixedPrecision.equals("auto")) {
            throw BitgrainException.usage("--mixed-precision: '" + mixedPrecision + "' is not 'auto'; single layers are set by --set "
                    + "dispatching_table.NODE=16");
        }
        boolean search = searches || maxDrop != null;
        if (search && isMixed()) {
            throw BitgrainException.usage("--mixed-precision: the search tries 16-bit layers by itself; --latency-budget bounds it");
        }
        if (budget != null && !search && !isMixed()) {
            throw BitgrainException.usage("--latency-budget belongs to --mixed-precision auto or --max-drop D");
        }
        if (trials != null && !search) {
            throw BitgrainException.usage("--trials belongs to a search: --max-drop D, or the command auto");
        }
        if ((search || isMixed()) && bits == 16) {
            throw BitgrainException.usage("--bits 16 leaves no layer to choose; give --bits 8");
        }
        if (maxDrop != null && !(maxDrop >= 0)) {
            throw BitgrainException.usage("--max-drop: " + maxDrop + " is negative");
        }
    }
}
