package io.github.bitgrain.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A warm kernel allocates nothing. This finds vectors that are boxed: results stay right then, at a tenth to a hundredth of
 * the speed. Widths that the machine has no instructions for are boxed by nature and skipped.
 */
class AllocationTest {
    private static final int ROUNDS = 400;
    private static final long WARM_NANOS = 400_000_000L;
    private static final int CALLS = 20;

    @TestFactory
    Stream<DynamicTest> warmKernelsAllocateNothing() {
        Integer forced = Integer.getInteger(Lanes.PROPERTY);
        Assumptions.assumeTrue(forced == null || forced == 0 || forced >= 128 && forced <= FloatVector.SPECIES_PREFERRED.vectorBitSize(),
                "vectors of " + forced + " bits have no instructions here");
        return new EveryKernel().calls().entrySet().stream().map(e -> DynamicTest.dynamicTest(e.getKey(), () -> allocatesNothing(e.getKey(), e.getValue())));
    }

    /** Warms up until the compilers had their time, then takes the best of a few measurements: another one may still come. */
    private static void allocatesNothing(String name, Runnable kernel) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long best = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && best > 0; round++) {
            for (long start = System.nanoTime(); System.nanoTime() - start < WARM_NANOS / 4; ) {
                kernel.run();
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                kernel.run();
            }
            best = Math.min(best, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, best, name + ": bytes in " + CALLS + " calls");
    }
}
