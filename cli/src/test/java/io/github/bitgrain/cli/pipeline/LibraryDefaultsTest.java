package io.github.bitgrain.cli.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.cli.settings.Preset;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationOptions;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who calls the library and says nothing gets what the command line makes. */
class LibraryDefaultsTest {
    private static final int BATCH = 32;

    private static QuantizationOptions ofCommand(Target target, Profile profile, List<String> settings) {
        Request request = new Request(target, 8, profile, Preset.with(profile, 8, false, binder -> settings.forEach(binder::set)).settings(), BATCH, 0, 0,
                Runtime.getRuntime().availableProcessors());
        return Quantization.options(request);
    }

    @ParameterizedTest
    @ValueSource(strings = {"esp32s3", "esp32p4", "c"})
    void defaultsAreThoseOfQuantize(String name) {
        Target target = Target.parse(name);
        assertEquals(ofCommand(target, Profile.IMPROVED, List.of()), QuantizationOptions.of(target));
        assertEquals(ofCommand(target, Profile.IMPROVED, List.of("tqt_optimization=true")), QuantizationOptions.training(target));
        assertEquals(ofCommand(target, Profile.PARITY, List.of()), QuantizationOptions.plain(target, Profile.PARITY).build());
    }
}
