package io.github.bitgrain.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkersTest {
    private static final int ITEMS = 37;

    /** The processor may be somebody else's: a step then costs what it costs on one thread, and no more. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void partsOfThreadsThatNeverComeAreDoneByTheCaller() {
        try (Workers workers = new Workers(4, false)) {
            for (int round = 1; round <= 100; round++) {
                assertEachItemOnce(workers);
            }
        }
    }

    @Test
    @Timeout(60)
    void everyItemIsDoneOnceHoweverThreadsRace() {
        try (Workers workers = new Workers(5)) {
            for (int round = 0; round < 50_000; round++) {
                assertEachItemOnce(workers);
            }
        }
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aFailureOfAnyPartIsTheStepsAndTheNextStepRuns() {
        for (boolean start : new boolean[] {true, false}) {
            try (Workers workers = new Workers(3, start)) {
                for (int failing : new int[] {0, 20, 36}) {
                    IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> workers.run(new Step(ITEMS, (from, to) -> {
                        if (from <= failing && failing < to) {
                            throw new ArithmeticException("item " + failing);
                        }
                    }, List.of(), "test")));
                    assertTrue(thrown.getMessage().contains("item " + failing), thrown.getMessage());
                    assertEachItemOnce(workers);
                }
            }
        }
    }

    /** Bad input found in the middle of the work is told as such, and with any number of threads alike. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void theFirstRefusalIsTheSteps() {
        for (boolean start : new boolean[] {true, false}) {
            try (Workers workers = new Workers(3, start)) {
                BitgrainException thrown = assertThrows(BitgrainException.class, () -> workers.run(new Step(ITEMS, (from, to) -> {
                    throw BitgrainException.badInput("item " + from);
                }, List.of(), "test")));
                assertEquals("item 0", thrown.getMessage());
                assertEquals(BitgrainException.Kind.BAD_INPUT, thrown.kind());
                assertEachItemOnce(workers);
            }
        }
    }

    private static void assertEachItemOnce(Workers workers) {
        AtomicIntegerArray done = new AtomicIntegerArray(ITEMS);
        workers.run(new Step(ITEMS, (from, to) -> {
            for (int i = from; i < to; i++) {
                done.incrementAndGet(i);
            }
        }, List.of(), "test"));
        for (int i = 0; i < ITEMS; i++) {
            assertEquals(1, done.get(i));
        }
    }
}
