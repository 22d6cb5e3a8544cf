package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WholeRangeTest {
    private static final float[] FAR = {
        0f, -0f, 0.5f, -0.5f, 1.5f, -1.5f, Math.nextDown(0.5f), Math.nextUp(-0.5f), 127.5f, -128.5f, 0x1p21f, -0x1p21f, 0x1.8p23f, -0x1.8p23f,
        Math.nextDown(-0x1.8p23f), 0x1p30f, -0x1p30f, Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE
    };

    /** Values near and far, ties, both infinities: vectors, and what is behind the last one, give the reference's integers. */
    @Property(tries = 300)
    void vectorsGiveTheNearestWholeNumbers(@ForAll @IntRange(min = 1, max = 90) int n, @ForAll long seed) {
        Random random = new Random(seed);
        WholeRange range = new WholeRange(-random.nextInt(129), random.nextInt(128));
        float[] y = new float[n];
        for (int i = 0; i < n; i++) {
            y[i] = random.nextInt(3) == 0 ? FAR[random.nextInt(FAR.length)] : random.nextInt(-1000, 1001) / (float) (1 << random.nextInt(6));
        }
        float[] expected = new float[n];
        for (int i = 0; i < n; i++) {
            expected[i] = range.nearest(y[i]) + 0f;
        }
        new Epilogue().set(Finish.of(range, null), null, 0, 0).finish(y, 0, n);
        for (int i = 0; i < n; i++) {
            y[i] += 0f;
        }
        assertArrayEquals(expected, y, range.toString());
    }

    @Example
    void rangesBeyondWhatIsExactAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WholeRange(-0x1p22f, 0f));
        assertThrows(IllegalArgumentException.class, () -> new WholeRange(1f, 0f));
        assertThrows(IllegalArgumentException.class, () -> new WholeRange(Float.NaN, 0f));
    }
}
