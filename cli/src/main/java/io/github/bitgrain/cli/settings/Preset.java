package io.github.bitgrain.cli.settings;

import io.github.bitgrain.quantizer.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is done where nothing is said: the profile's defaults and, under {@code improved}, what gains on nearly every network without training
 * (docs/search.md). Channel ranges are evened out at 8 bits; where that, or a fitted input, shifts values, biases are corrected, as what rounded
 * weights make of a shift is a mean error. Training does both itself, and who evens out ranges by SSD has chosen another way.
 */
public final class Preset {
    private static final int BYTE_BITS = 8;

    private Preset() {}

    /**
     * The preset under what the user says.
     *
     * @param bits bits of the whole network
     * @param fitsInput whether the input is moved to use all its bits
     * @param given sets what the user says; called twice, as what is trained decides about the preset below
     */
    public static SettingsBinder<QuantizationSettings> with(Profile profile, int bits, boolean fitsInput, Consumer<SettingsBinder<QuantizationSettings>> given) {
        SettingsBinder<QuantizationSettings> plain = bound(profile, List.of(), given);
        if (profile.isParity() || plain.settings().trains()) {
            return plain;
        }
        List<String> preset = new ArrayList<>();
        if (bits == BYTE_BITS && !plain.settings().ssdEqualization()) {
            preset.add("equalization=true");
        }
        preset.add("bias_correct=true");
        SettingsBinder<QuantizationSettings> shifted = bound(profile, preset, given);
        return fitsInput || shifted.settings().equalization() ? shifted : plain;
    }

    private static SettingsBinder<QuantizationSettings> bound(Profile profile, List<String> preset, Consumer<SettingsBinder<QuantizationSettings>> given) {
        SettingsBinder<QuantizationSettings> binder = QuantizationSettings.binder(profile);
        preset.forEach(binder::set);
        given.accept(binder);
        return binder;
    }
}
