package io.github.bitgrain.quantizer.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.Profile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsableExponentTest {
    @ParameterizedTest
    @ValueSource(strings = {"kl", "percentile", "minmax", "mse"})
    void deadTensorsKeepProductsWithinReachOfShifts(String algorithm) {
        assertTrue(exponent(algorithm, Profile.PARITY, 0, 0) <= -26);
        assertEquals(-7, exponent(algorithm, Profile.IMPROVED, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kl", "percentile", "minmax", "mse", "isotone"})
    void tensorsWithSmallValuesAreNotDead(String algorithm) {
        assertTrue(exponent(algorithm, Profile.IMPROVED, 0, 1e-5f) < -20);
    }

    private static int exponent(String algorithm, Profile profile, float... values) {
        Observer observer = Observers.create(
                new SlotConfig(8, Rounding.HALF_EVEN, SlotConfig.PER_TENSOR, algorithm, SlotState.INITIAL, null), profile);
        ValueView view = new ValueView("", Shape.of(values.length), values, 0, 1, values.length, values.length, false, Kernels.floats());
        observer.observe(view);
        if (observer.needsSecondPhase()) {
            observer.startSecondPhase();
            observer.observe(view);
        }
        return observer.exponent();
    }
}
