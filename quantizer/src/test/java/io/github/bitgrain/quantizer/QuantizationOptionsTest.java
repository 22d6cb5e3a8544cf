package io.github.bitgrain.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.equalize.EqualizationSetting;
import io.github.bitgrain.quantizer.equalize.WeightSplitSetting;
import io.github.bitgrain.quantizer.plan.Dispatcher;
import io.github.bitgrain.quantizer.tqt.AdaRoundSetting;
import io.github.bitgrain.quantizer.tqt.BiasCorrectionSetting;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class QuantizationOptionsTest {
    /** Every component is another one than in the defaults, so that none can be forgotten on the way. */
    @Test
    void everyOptionReachesTheRecordAndSurvivesEditing() throws ReflectiveOperationException {
        QuantizationOptions plain = QuantizationOptions.plain(Target.ESP32S3).build();
        QuantizationOptions other = QuantizationOptions.plain(Target.ESP32S3)
                .bits(16)
                .bitsByNode(Map.of("node", 8))
                .dispatcher(Dispatcher.CONSERVATIVE)
                .calibration("minmax")
                .sequential(true)
                .fixedScales(Map.of("node", 0.5))
                .calibBatch(3)
                .calibSteps(4)
                .equalization(true)
                .equalizationSetting(new EqualizationSetting(1, 77, 0.5, false, 0.5, false, 0.5, List.of()))
                .weightPasses(new WeightPasses(WeightSplitSetting.DEFAULT, null))
                .tqt(TqtSetting.PARITY)
                .tuning(new TuningPasses(null, AdaRoundSetting.IMPROVED))
                .accumulatorHeadroom(false)
                .threads(plain.threads() + 1)
                .seed(9)
                .build();
        for (RecordComponent component : QuantizationOptions.class.getRecordComponents()) {
            if (!Set.of("target", "profile").contains(component.getName())) {
                assertNotEquals(component.getAccessor().invoke(plain), component.getAccessor().invoke(other), component.getName());
            }
        }
        assertEquals(other, other.edit().build());
    }

    @Test
    void theBuilderHasAMethodForEveryComponent() {
        Set<String> methods = Arrays.stream(QuantizationOptions.Builder.class.getMethods()).map(Method::getName).collect(Collectors.toSet());
        Set<String> said = Arrays.stream(QuantizationOptions.class.getRecordComponents()).map(RecordComponent::getName)
                .filter(name -> !Set.of("target", "profile", "tqtSetting").contains(name)).collect(Collectors.toSet());
        said.removeAll(methods);
        assertEquals(Set.of(), said);
    }

    @Test
    void defaultsEvenOutRangesAndCorrectBiasesAndTrainingDoesBothItself() {
        QuantizationOptions defaults = QuantizationOptions.of(Target.ESP32P4);
        assertTrue(defaults.equalization());
        assertEquals(BiasCorrectionSetting.IMPROVED, defaults.tuning().biasCorrection());
        QuantizationOptions training = QuantizationOptions.training(Target.ESP32P4);
        assertEquals(TqtSetting.IMPROVED, training.tqtSetting());
        assertEquals(TuningPasses.NONE, training.tuning());
    }

    @Test
    void parityLooksAtNoAccumulators() {
        QuantizationOptions.Builder options = QuantizationOptions.plain(Target.ESP32S3, Profile.PARITY);
        assertFalse(options.build().accumulatorHeadroom());
        options.accumulatorHeadroom(true);
        assertEquals("accumulator_headroom: belongs to --profile improved; ESP-PPQ does not look at accumulators",
                assertThrows(BitgrainException.class, options::build).getMessage());
    }
}
