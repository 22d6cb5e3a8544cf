package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RoundingTest {
    private static final float[] TIES = {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f};

    /** The table of quantization-pipeline.md, section 4. */
    @Test
    void tiesGoWhereTheReferenceSendsThem() {
        assertTies(Rounding.HALF_EVEN, -2, -2, 0, 0, 2, 2);
        assertTies(Rounding.HALF_UP, -2, -1, 0, 1, 2, 3);
        assertTies(Rounding.HALF_DOWN, -3, -2, -1, 0, 1, 2);
        assertTies(Rounding.HALF_TOWARDS_ZERO, -2, -1, 0, 0, 1, 2);
        assertTies(Rounding.HALF_FAR_FROM_ZERO, -3, -2, -1, 1, 2, 3);
        assertTies(Rounding.UP, -2, -1, 0, 1, 2, 3);
        assertTies(Rounding.DOWN, -3, -2, -1, 0, 1, 2);
    }

    @Test
    void halfUpAddsInSinglePrecision() {
        assertEquals(1f, Rounding.HALF_UP.round(0.49999997f));
        assertEquals(0.0, Rounding.HALF_UP.round(0.49999997));
    }

    @Property
    void shiftingEqualsRoundingTheExactQuotient(
            @ForAll long v, @ForAll @IntRange(min = 1, max = 63) int shift, @ForAll Rounding rounding) {
        BigDecimal quotient = new BigDecimal(v).divide(new BigDecimal(BigInteger.ONE.shiftLeft(shift)));
        assertEquals(rounded(quotient, rounding), Requantize.shiftRight(v, shift, rounding));
    }

    @Property
    void shiftingTiesEqualsRoundingTheExactQuotient(
            @ForAll @IntRange(min = -100_000, max = 100_000) int odd, @ForAll @IntRange(min = 1, max = 40) int shift, @ForAll Rounding rounding) {
        long tie = (2L * odd + 1) << (shift - 1);
        BigDecimal quotient = new BigDecimal(tie).divide(new BigDecimal(BigInteger.ONE.shiftLeft(shift)));
        assertEquals(rounded(quotient, rounding), Requantize.shiftRight(tie, shift, rounding));
    }

    @Test
    void aNegativeShiftMultiplies() {
        assertEquals(-24, Requantize.shiftRight(-3, -3, Rounding.HALF_EVEN));
    }

    @Test
    void saturationKeepsTheFullRange() {
        assertEquals(-128, Requantize.saturate(-129, 8));
        assertEquals(127, Requantize.saturate(128, 8));
        assertEquals(-524288, Requantize.saturate(Long.MIN_VALUE, 20));
        assertEquals(Long.MAX_VALUE, Requantize.saturate(Long.MAX_VALUE, 64));
    }

    private static void assertTies(Rounding rounding, float... expected) {
        float[] actual = new float[TIES.length];
        for (int i = 0; i < TIES.length; i++) {
            actual[i] = rounding.round(TIES[i]) + 0f;
        }
        assertArrayEquals(expected, actual);
    }

    private static long rounded(BigDecimal x, Rounding rounding) {
        BigDecimal half = new BigDecimal("0.5");
        BigDecimal result = switch (rounding) {
            case HALF_EVEN -> x.setScale(0, RoundingMode.HALF_EVEN);
            case HALF_UP -> x.add(half).setScale(0, RoundingMode.FLOOR);
            case HALF_DOWN -> x.subtract(half).setScale(0, RoundingMode.CEILING);
            case HALF_TOWARDS_ZERO -> x.setScale(0, RoundingMode.HALF_DOWN);
            case HALF_FAR_FROM_ZERO -> x.setScale(0, RoundingMode.HALF_UP);
            case UP -> x.setScale(0, RoundingMode.CEILING);
            case DOWN -> x.setScale(0, RoundingMode.FLOOR);
        };
        return result.longValueExact();
    }
}
