package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.BitgrainException;
import java.util.Locale;

/** What a quantizer collects during calibration. */
public enum CalibMethod {
    /** The largest magnitude. */
    MAX,
    /** A histogram of magnitudes, from which percentile, mse or entropy is taken afterwards. */
    HISTOGRAM;

    /**
     * The method of a name: max or histogram; percentile, mse and entropy are other names of histogram.
     *
     * @throws BitgrainException (usage) for another name
     */
    public static CalibMethod parse(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "max" -> MAX;
            case "histogram", "percentile", "mse", "entropy" -> HISTOGRAM;
            default -> throw BitgrainException.usage("unknown calibrator '" + name + "'; known: max, histogram, percentile, mse, entropy");
        };
    }

    /** The name in settings. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
