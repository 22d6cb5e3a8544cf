package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.BitgrainException;

/** Checks of numbers in a group of settings. */
final class SettingRange {
    private SettingRange() {}

    /**
     * Refuses a number below {@code least}.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    static void atLeast(String group, String name, double value, double least) {
        if (!(value >= least) || Double.isInfinite(value)) {
            throw BitgrainException.usage(group + "." + name + ": " + value + " is not at least " + least);
        }
    }

    /**
     * Refuses a share of held-out samples that is no share, or all.
     *
     * @throws BitgrainException (usage) naming the setting
     */
    static void holdOut(String group, double share) {
        atLeast(group, "hold_out", share, 0);
        if (share >= 1) {
            throw BitgrainException.usage(group + ".hold_out: " + share + " leaves no sample to train on; give a share below 1");
        }
    }
}
