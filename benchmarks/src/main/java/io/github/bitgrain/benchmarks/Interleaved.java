package io.github.bitgrain.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Times tasks in one process, round by round in turn, and reports medians: other work on the machine then disturbs their
 * ratios little.
 */
public final class Interleaved {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final long PAUSE_NANOS = 30_000_000;

    private final boolean wall;
    private final double warmSeconds;
    private final int rounds;
    private final double roundSeconds;

    /**
     * How to measure.
     *
     * @param wall whether the clock counts instead of the processor time of the calling thread
     * @param warmSeconds warm-up of each task
     * @param rounds rounds
     * @param roundSeconds time of each task in a round, at least one call
     */
    public Interleaved(boolean wall, double warmSeconds, int rounds, double roundSeconds) {
        this.wall = wall;
        this.warmSeconds = warmSeconds;
        this.rounds = rounds;
        this.roundSeconds = roundSeconds;
    }

    /** Median microseconds of one call of each task. */
    public double[] microseconds(Runnable... tasks) {
        for (Runnable task : tasks) {
            for (long start = System.nanoTime(); System.nanoTime() - start < warmSeconds * 1e9; ) {
                task.run();
            }
        }
        double[][] times = new double[tasks.length][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < tasks.length; i++) {
                times[i][round] = once(tasks[i]);
            }
        }
        double[] medians = new double[tasks.length];
        for (int i = 0; i < tasks.length; i++) {
            Arrays.sort(times[i]);
            medians[i] = times[i][rounds / 2];
        }
        return medians;
    }

    private double once(Runnable task) {
        if (wall) {
            // Threads of the task before may still spin for work and would take processors.
            LockSupport.parkNanos(PAUSE_NANOS);
            task.run();
        }
        long start = now();
        int calls = 0;
        long end;
        do {
            task.run();
            calls++;
            end = now();
        } while (end - start < roundSeconds * 1e9);
        return (end - start) / 1e3 / calls;
    }

    private long now() {
        return wall ? System.nanoTime() : THREADS.getCurrentThreadCpuTime();
    }
}
