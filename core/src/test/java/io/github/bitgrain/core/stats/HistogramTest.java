package io.github.bitgrain.core.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static Histogram of(float... batch) {
        HistogramCollector collector = new HistogramCollector("x", 4, false);
        collector.collect(batch);
        return collector.histogram();
    }

    @Provide
    Arbitrary<Histogram> histograms() {
        Arbitrary<Long> counts = Arbitraries.longs().between(0, 1L << 40);
        return Arbitraries.integers().between(-3, 3).flatMap(e -> counts.list().ofMinSize(1).ofMaxSize(9).map(list ->
                Histogram.of(Math.scalb(0.37f, e), list.stream().mapToLong(Long::longValue).toArray())));
    }

    @Property(tries = 200)
    void mergingIsCommutativeAndAssociative(@ForAll("histograms") Histogram a, @ForAll("histograms") Histogram b, @ForAll("histograms") Histogram c) {
        assertEquals(a.merge(b), b.merge(a));
        assertEquals(a.merge(b).merge(c), a.merge(b.merge(c)));
        assertEquals(a.total() + b.total(), a.merge(b).total());
        assertEquals(a, a.merge(Histogram.EMPTY));
        assertEquals(a, Histogram.EMPTY.merge(a));
    }

    /** Once the width is known, parts counted apart and merged are the whole. */
    @Property(tries = 200)
    void partsMakeTheWhole(@ForAll @Size(min = 2, max = 60) List<Float> values, @ForAll @IntRange(min = 1, max = 60) int cut) {
        float[] all = new float[values.size() + 1];
        all[0] = 1e30f;
        for (int i = 1; i < all.length; i++) {
            all[i] = values.get(i - 1) % 1e30f;
        }
        int middle = Math.min(cut, all.length - 1);
        HistogramCollector whole = new HistogramCollector("x", 16, false);
        whole.collect(all);
        float[] second = Arrays.copyOfRange(all, middle, all.length);
        HistogramCollector parts = new HistogramCollector("x", 16, false);
        parts.collect(Arrays.copyOf(all, middle));
        HistogramCollector other = new HistogramCollector("x", 16, false);
        other.collect(new float[] {1e30f});
        other.collect(second);
        Histogram extra = Histogram.of(parts.histogram().width(), new long[16]);
        long[] counts = other.histogram().counts();
        counts[15]--;
        assertEquals(whole.histogram(), parts.histogram().merge(Histogram.of(extra.width(), counts)));
        parts.collect(second);
        assertEquals(whole.histogram(), parts.histogram());
    }

    @Property(tries = 200)
    void extremesMerge(@ForAll @Size(min = 1, max = 40) float[] values, @ForAll @IntRange(min = 0, max = 40) int cut) {
        int middle = Math.min(cut, values.length);
        Extremes whole = Extremes.of(values, 0, values.length);
        assertEquals(whole, Extremes.of(values, 0, middle).merge(Extremes.of(values, middle, values.length - middle)));
        assertEquals(whole, whole.merge(Extremes.NONE));
        float amax = 0;
        for (float value : values) {
            amax = Math.max(amax, Math.abs(value));
        }
        assertEquals(amax, whole.amax());
    }

    @Test
    void theLargestValueOfTheFirstBatchDecidesAndLargerOnesAppend() {
        HistogramCollector collector = new HistogramCollector("x", 4, false);
        collector.collect(new float[] {0, 0.5f, -1, 2, 1.99f});
        assertEquals(Histogram.of(0.5f, 1, 1, 1, 2), collector.histogram());
        collector.collect(new float[] {-3.2f, 0.1f});
        assertEquals(Histogram.of(0.5f, 2, 1, 1, 2, 0, 0, 1), collector.histogram());
        assertEquals(3.5f, collector.histogram().top());
    }

    @Test
    void zerosBeforeTheFirstValueAreCounted() {
        HistogramCollector collector = new HistogramCollector("x", 4, false);
        collector.collect(new float[3]);
        assertEquals(Histogram.of(0f, 3), collector.histogram());
        collector.collect(new float[] {4, 0});
        assertEquals(Histogram.of(1f, 4, 0, 0, 1), collector.histogram());
        HistogramCollector without = new HistogramCollector("x", 4, true);
        without.collect(new float[3]);
        without.collect(new float[] {4, 0});
        assertEquals(Histogram.of(1f, 0, 0, 0, 1), without.histogram());
    }

    /** Floats stop counting at 2^24, 32-bit integers at 2^31. */
    @Test
    void countsAreExactBeyondSingleIntegers() {
        Histogram histogram = of(1, 2, 4);
        for (int i = 0; i < 35; i++) {
            histogram = histogram.merge(histogram);
        }
        assertEquals(3L << 35, histogram.total());
        assertEquals((3L << 35) + 1, histogram.merge(Histogram.of(1f, 0, 1)).total());
    }

    @Test
    void aTinyFirstBatchDoesNotCostMemoryWithoutBound() {
        HistogramCollector collector = new HistogramCollector("x");
        collector.collect(new float[] {1e-6f});
        collector.collect(new float[] {1000f, 1f});
        assertTrue(collector.histogram().bins() <= HistogramCollector.MOST_BINS);
        assertEquals(3, collector.histogram().total());
        assertEquals(1000, collector.histogram().top(), 2 * collector.histogram().width());
    }

    @Test
    void whatIsNoNumberIsRefusedByName() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            HistogramCollector collector = new HistogramCollector("conv1.input");
            String message = assertThrows(BitgrainException.class, () -> collector.collect(new float[] {1, bad})).getMessage();
            assertTrue(message.startsWith("conv1.input: a value is "), message);
        }
    }

    @Test
    void widthsThatHaveNothingInCommonDoNotMerge() {
        assertThrows(IllegalArgumentException.class, () -> Histogram.of(0.3f, 1).merge(Histogram.of(0.5f, 1)));
    }
}
