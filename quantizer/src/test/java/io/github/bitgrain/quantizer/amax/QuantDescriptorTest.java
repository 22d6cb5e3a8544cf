package io.github.bitgrain.quantizer.amax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class QuantDescriptorTest {
    private static void refused(String message, Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void defaultsAreUpstreams() {
        QuantDescriptor d = QuantDescriptor.builder().build();
        assertEquals(8, d.numBits());
        assertNull(d.name());
        assertTrue(d.fakeQuant());
        assertNull(d.axis());
        assertNull(d.amax());
        assertEquals(false, d.learnAmax());
        assertNull(d.scaleAmax());
        assertEquals(CalibMethod.MAX, d.calibMethod());
        assertEquals(false, d.unsigned());
        assertEquals(false, d.narrowRange());
        assertEquals(-128, d.qmin());
        assertEquals(127, d.qmax());
        assertEquals(-127, d.edit().narrowRange(true).build().qmin());
        assertEquals(0, QuantDescriptor.UNSIGNED.qmin());
        assertEquals(255, QuantDescriptor.UNSIGNED.qmax());
    }

    @Test
    void everyFieldIsChecked() {
        refused("num_bits: -1", () -> QuantDescriptor.builder().numBits(-1).build());
        refused("learned range is one", () -> QuantDescriptor.builder().learnAmax(true).axis(0).build());
        refused("amax: -1.0", () -> QuantDescriptor.builder().amax(-1f).build());
        refused("amax: NaN", () -> QuantDescriptor.builder().amax(Float.NaN).build());
        refused("scale_amax", () -> QuantDescriptor.builder().scaleAmax(0f).build());
        refused("narrow_range", () -> QuantDescriptor.builder().unsigned(true).narrowRange(true).build());
        refused("no field 'bits'", () -> QuantDescriptor.fromMap(Map.of("bits", 8)));
        refused("unsigned: 1 is neither", () -> QuantDescriptor.fromMap(Map.of("unsigned", 1)));
        assertNull(QuantDescriptor.builder().axis(0).amax(2f).build().axis(), "a fixed range leaves no axis");
    }

    @Test
    void mapsHoldWhatIsNotDefaultAndReadBack() {
        QuantDescriptor d = QuantDescriptor.builder().numBits(4).name("w").axis(1, 0).calibMethod(CalibMethod.HISTOGRAM).narrowRange(true)
                .scaleAmax(0.5f).powerOfTwo(true).build();
        assertEquals(Map.of("num_bits", 4, "name", "w", "axis", List.of(0, 1), "calib_method", "histogram", "narrow_range", true,
                "scale_amax", 0.5f, "power_of_two", true), d.toMap());
        assertEquals(d, QuantDescriptor.fromMap(d.toMap()));
        assertEquals(QuantDescriptor.PER_TENSOR, QuantDescriptor.fromMap(QuantDescriptor.PER_TENSOR.toMap()));
        assertEquals(2, QuantDescriptor.PER_TENSOR.toMap().size());
        assertNotEquals(d, d.edit().narrowRange(false).build());
        QuantDescriptor fixed = QuantDescriptor.builder().amax(1.5f).learnAmax(true).unsigned(true).clampNegative(true).fakeQuant(false).build();
        assertEquals(fixed, QuantDescriptor.fromMap(fixed.toMap()));
    }

    @Property(tries = 500)
    void powersOfTwoHoldTheRangeAndAreTheSmallestThatDo(@ForAll @IntRange(min = 2, max = 16) int bits,
            @ForAll @FloatRange(min = 1, max = 2) float mantissa, @ForAll @IntRange(min = -60, max = 60) int magnitude) {
        float range = Math.scalb(mantissa, magnitude);
        QuantDescriptor d = QuantDescriptor.builder().numBits(bits).powerOfTwo(true).build();
        float usable = d.usable(range);
        float scale = usable / d.qmax();
        assertEquals(Math.scalb(1f, Math.getExponent(scale)), scale);
        assertTrue(usable >= range && usable / 2 < range, range + " → " + usable);
    }
}
