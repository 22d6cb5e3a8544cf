package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FilterLayoutTest {
    @Property(tries = 200)
    void everyWeightIsStoredExactlyOnce(
            @ForAll @IntRange(min = 1, max = 40) int outputs,
            @ForAll @IntRange(min = 1, max = 5) int inputs,
            @ForAll @IntRange(min = 1, max = 9) int positions,
            @ForAll boolean grouped,
            @ForAll @IntRange(min = 0, max = 2) int lanes) {
        int[] sources = new FilterLayout(outputs, inputs, positions, grouped, 8 * lanes).sources();
        int[] sorted = sources.clone();
        Arrays.sort(sorted);
        assertArrayEquals(IntStream.range(0, outputs * inputs * positions).toArray(), sorted);
    }

    @Test
    void aBlockHoldsItsChannelsSideBySide() {
        // 18 outputs, 2 inputs, 1 position: the first 16 outputs of input 0, of input 1, then outputs 16 and 17 whole.
        int[] sources = new FilterLayout(18, 2, 1, false, 16).sources();
        assertArrayEquals(new int[] {0, 2, 4, 6}, Arrays.copyOf(sources, 4));
        assertArrayEquals(new int[] {1, 3, 5, 7}, Arrays.copyOfRange(sources, 16, 20));
        assertArrayEquals(new int[] {32, 33, 34, 35}, Arrays.copyOfRange(sources, 32, 36));
    }

    @Test
    void theRestOfADepthwiseLayoutKeepsChannelsInnermost() {
        // 10 channels of 2 positions in blocks of 8: channels 8 and 9 alternate at the end.
        int[] sources = new FilterLayout(10, 1, 2, true, 8).sources();
        assertArrayEquals(new int[] {16, 18, 17, 19}, Arrays.copyOfRange(sources, 16, 20));
    }

    @Test
    void plainLayoutsPutInputsOrOutputsInnermost() {
        assertArrayEquals(new int[] {0, 3, 1, 4, 2, 5}, new FilterLayout(1, 2, 3, false, FilterLayout.PLAIN).sources());
        assertArrayEquals(new int[] {0, 3, 1, 4, 2, 5}, new FilterLayout(2, 1, 3, true, FilterLayout.PLAIN).sources());
    }

    @Test
    void annotationsAreTheExportersOwn() {
        assertEquals("(N/16)HWC16", new FilterLayout(32, 3, 9, false, 16).annotation("HW"));
        assertEquals("(N/8)WC8_UNALIGNED", new FilterLayout(12, 3, 9, false, 8).annotation("W"));
        assertEquals("NHWC", new FilterLayout(12, 3, 9, false, FilterLayout.PLAIN).annotation("HW"));
        assertEquals("HWCN", new FilterLayout(12, 1, 9, true, FilterLayout.PLAIN).annotation("HW"));
    }
}
