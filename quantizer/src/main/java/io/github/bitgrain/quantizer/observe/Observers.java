package io.github.bitgrain.quantizer.observe;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.quantizer.Profile;
import java.util.List;

/** The one table of observers: name → statistics. */
public final class Observers {
    /** Covers all values. */
    public static final String MINMAX = "minmax";
    /** Leaves out 0.01 % at both ends. */
    public static final String PERCENTILE = "percentile";
    /** Least divergence of distributions. */
    public static final String KL = "kl";
    /** Least squared error. */
    public static final String MSE = "mse";
    /** First places kept; {@link Profile#IMPROVED} only. */
    public static final String ISOTONE = "isotone";
    /** All names, in the order of the documentation. */
    public static final List<String> NAMES = List.of(KL, PERCENTILE, MINMAX, MSE, ISOTONE);

    private Observers() {}

    /**
     * A fresh observer for a slot.
     *
     * @throws BitgrainException (usage) for an unknown algorithm, or one that the profile does not have
     */
    public static Observer create(SlotConfig config, Profile profile) {
        return profile.isParity() ? observer(config, profile) : new UsableExponent(observer(config, profile));
    }

    private static Observer observer(SlotConfig config, Profile profile) {
        return switch (config.observer()) {
            case MINMAX -> new MinMaxObserver(config.bits());
            case PERCENTILE -> new PercentileObserver(config.bits());
            case KL -> new KlObserver(config.bits());
            case MSE -> profile.isParity() ? new LevelErrorObserver(config.bits()) : new ExactErrorObserver(config.bits(), config.rounding());
            case ISOTONE -> {
                if (profile.isParity()) {
                    throw BitgrainException.usage("calib_algorithm: 'isotone' finds scales in ESP-PPQ that are no powers of two, which no "
                            + "export can hold; it belongs to --profile improved, where it finds powers of two");
                }
                yield new IsotoneObserver(config.bits(), config.rounding());
            }
            default -> throw BitgrainException.usage("unknown calibration algorithm '" + config.observer() + "'; known: " + String.join(", ", NAMES));
        };
    }
}
