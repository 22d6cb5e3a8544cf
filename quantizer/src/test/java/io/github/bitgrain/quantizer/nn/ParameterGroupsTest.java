package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParameterGroupsTest {
    private final Sequential net = new SelectiveQuantizer().quantizedCopy(SmallNets.residual());

    @Test
    void expressionsFitAnyPartOfAPath() {
        assertEquals(List.of("conv1.weight", "conv1.bias"), ParameterGroups.match(net, "conv1"));
        assertEquals(List.of("conv1.weight", "layer1.0.branch.conv.weight"), ParameterGroups.match(net, "conv.*weight$"));
        assertEquals(List.of("bn1.weight", "bn1.bias", "head.fc.bias"), ParameterGroups.match(net, "^bn1", "fc\\.bias"));
        assertTrue(assertThrows(BitgrainException.class, () -> ParameterGroups.match(net, "(")).getMessage().contains("no regular expression"));
        Map<String, Double> factors = new LinkedHashMap<>();
        factors.put("conv1", 0.0);
        factors.put("weight", 0.5);
        Map<String, Double> byPath = ParameterGroups.rateFactors(net, factors);
        assertEquals(0.0, byPath.get("conv1.weight"));
        assertEquals(0.5, byPath.get("head.fc.weight"));
        assertFalse(byPath.containsKey("head.fc.bias"));
    }

    @Test
    void weightsAreRoundedToTheirGridsOnceAndForAll() {
        QuantizationCalibrator.calibrateWeights(net, AmaxMethod.of(AmaxMethod.Kind.MAX), true);
        QuantConv2d conv = (QuantConv2d) net.child("conv1");
        float[] before = conv.weight().data().clone();
        float[] expected = conv.weightQuantizer().forward(conv.weight()).data();
        ParameterGroups.quantizeWeights(net);
        assertFalse(Arrays.equals(before, conv.weight().data()));
        assertArrayEquals(expected, conv.weight().data());
        assertArrayEquals(conv.weight().data(), conv.weightQuantizer().forward(conv.weight()).data());
    }

    /** Row 56. */
    @Test
    void theSummaryShowsEveryQuantizersState() {
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(net, SmallNets.IMAGE, SmallNets.batches(1));
        ((TensorQuantizer) net.named().get("head.fc.input_quantizer")).disable();
        String summary = ParameterGroups.summary(net);
        assertTrue(summary.contains("conv1: QuantConv2d(weight [6, 3, 3, 3], bias)\n  "), summary);
        assertEquals(8, summary.lines().filter(line -> line.contains("TensorQuantizer(8bit fake")).count());
        assertTrue(summary.lines().anyMatch(line -> line.contains("input_quantizer: TensorQuantizer") && line.endsWith("disabled)")), summary);
        assertTrue(summary.contains("](6) calibrator=max quant)"), summary);
    }
}
