package io.github.bitgrain.cli.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class McNemarTest {
    /** Ten coins, at most one head: 2 (1 + 10) / 1024. */
    @Test
    void probabilityIsThatOfAFairCoin() {
        assertEquals(22.0 / 1024, McNemar.probability(1, 9), 1e-12);
        assertEquals(22.0 / 1024, McNemar.probability(9, 1), 1e-12);
    }

    @Test
    void evenSplitsAndNoSamplesSayNothing() {
        assertEquals(1, McNemar.probability(5, 5));
        assertEquals(1, McNemar.probability(0, 0));
    }

    @Test
    void largeCountsDoNotUnderflow() {
        assertEquals(0, McNemar.probability(0, 5000), 1e-300);
        assertEquals(0.92, McNemar.probability(4990, 5010), 0.1);
    }
}
