package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PermutationTest {
    private static final Permutation NHWC = Permutation.channelsLast(4);

    @Test
    void channelsLastMovesTheChannelAxisBehindTheSpatialOnes() {
        assertArrayEquals(new int[] {1, 5, 6, 3}, NHWC.apply(new int[] {1, 3, 5, 6}));
        assertArrayEquals(new int[] {1, 9, 4}, Permutation.channelsLast(3).apply(new int[] {1, 4, 9}));
        assertEquals(3, NHWC.storedAxis(1));
        assertEquals(2, NHWC.storedAxis(-1));
    }

    @Test
    void inverseRestores() {
        assertTrue(NHWC.then(NHWC.inverse()).isIdentity());
        assertEquals(Permutation.of(0, 3, 1, 2), NHWC.inverse());
    }

    @Test
    void sourcesAreTheElementsInStoredOrder() {
        // [1, 2, 1, 3] stored as [1, 1, 3, 2]
        assertArrayEquals(new int[] {0, 3, 1, 4, 2, 5}, NHWC.sources(new int[] {1, 2, 1, 3}));
        assertArrayEquals(new int[] {0}, Permutation.identity(0).sources(new int[0]));
    }

    @Test
    void reducedAxesLeaveTheRestRenumbered() {
        // NHWC without H and W keeps N and C.
        assertTrue(NHWC.without(List.of(1, 2)).isIdentity());
        // NHWC without C: N, H, W.
        assertTrue(NHWC.without(List.of(3)).isIdentity());
        // NHWC without N: H, W, C are original axes 2, 3, 1.
        assertEquals(Permutation.of(1, 2, 0), NHWC.without(List.of(0)));
    }
}
