package io.github.bitgrain.quantizer.amax;

import io.github.bitgrain.core.BitgrainException;
import java.util.Locale;

/**
 * How amax is taken from what was collected; maxima ignore it.
 *
 * @param kind statistic
 * @param percentile share of the values that is to be below amax, in percent ({@link Kind#PERCENTILE})
 * @param stride distance of the candidates in bins ({@link Kind#MSE}, {@link Kind#ENTROPY})
 * @param startBin first candidate; 0 for the default
 */
public record AmaxMethod(Kind kind, double percentile, int stride, int startBin) {
    /** Share of the values below amax unless told otherwise, in percent. */
    public static final double USUAL_PERCENTILE = 99.99;

    /** A statistic. */
    public enum Kind {
        /** The top of the histogram. */
        MAX,
        /** A share of the values lies below. */
        PERCENTILE,
        /** Least mean squared error of quantization. */
        MSE,
        /** Least Kullback-Leibler divergence between the clipped and the quantized distribution. */
        ENTROPY
    }

    /** Checks the parts. */
    public AmaxMethod {
        if (!(percentile >= 0 && percentile <= 100)) {
            throw BitgrainException.usage("percentile: " + percentile + " is not between 0 and 100");
        }
        if (stride < 1 || startBin < 0) {
            throw BitgrainException.usage("stride " + stride + " and start bin " + startBin + " do not work");
        }
    }

    /** A statistic with its defaults. */
    public static AmaxMethod of(Kind kind) {
        return new AmaxMethod(kind, USUAL_PERCENTILE, 1, 0);
    }

    /** A percentile. */
    public static AmaxMethod percentile(double percent) {
        return new AmaxMethod(Kind.PERCENTILE, percent, 1, 0);
    }

    /**
     * The method of a name.
     *
     * @throws BitgrainException (usage) for an unknown one
     */
    public static AmaxMethod parse(String name) {
        for (Kind kind : Kind.values()) {
            if (kind.name().equalsIgnoreCase(name)) {
                return of(kind);
            }
        }
        throw BitgrainException.usage("unknown calibration method '" + name + "'; known: percentile, mse, entropy, max");
    }

    /** The name in settings. */
    public String word() {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
