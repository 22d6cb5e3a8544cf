package io.github.bitgrain.core.plan;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the items of one step at a time: static split, one barrier per step. A waiting thread spins for a
 * short while, then parks: waking a parked one costs as much as a small step.
 */
public final class Workers implements AutoCloseable {
    private static final int SPINS = 20_000;

    private final Helper[] helpers;
    private final AtomicInteger pending = new AtomicInteger();
    private Step.Work work;
    private int items;
    private volatile int round;
    private volatile boolean closed;
    private volatile Thread caller;

    private final class Helper extends Thread {
        private final int index;
        private volatile boolean parked;
        private volatile Throwable failure;

        Helper(int index) {
            super("bitgrain-worker-" + index);
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            int seen = 0;
            while (true) {
                int spins = 0;
                while (round == seen) {
                    if (++spins < SPINS) {
                        Thread.onSpinWait();
                    } else {
                        parked = true;
                        if (round == seen) {
                            LockSupport.park(this);
                        }
                        parked = false;
                    }
                }
                seen++;
                if (closed) {
                    return;
                }
                try {
                    part(index);
                } catch (Throwable e) {
                    // Handed to the thread that waits for the step.
                    failure = e;
                }
                if (pending.decrementAndGet() == 0) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    /** A team of {@code threads}, the calling one included. */
    public Workers(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads");
        }
        helpers = new Helper[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Helper(i + 1);
            helpers[i].start();
        }
    }

    /** Number of threads, the calling one included. */
    public int threads() {
        return helpers.length + 1;
    }

    /** Does all items of a step; only one thread may call at a time. */
    void run(Step step) {
        if (helpers.length == 0 || step.items() < 2) {
            step.work().run(0, step.items());
            return;
        }
        work = step.work();
        items = step.items();
        caller = Thread.currentThread();
        pending.set(helpers.length);
        round++;
        for (Helper helper : helpers) {
            if (helper.parked) {
                LockSupport.unpark(helper);
            }
        }
        Throwable failure = null;
        try {
            part(0);
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        int spins = 0;
        while (pending.get() != 0) {
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, 100_000);
            }
        }
        for (Helper helper : helpers) {
            if (helper.failure != null) {
                failure = helper.failure;
                helper.failure = null;
            }
        }
        if (failure != null) {
            throw new IllegalStateException("a step failed: " + failure, failure);
        }
    }

    private void part(int index) {
        int threads = threads();
        int from = (int) ((long) items * index / threads);
        int to = (int) ((long) items * (index + 1) / threads);
        if (from < to) {
            work.run(from, to);
        }
    }

    @Override
    public void close() {
        closed = true;
        round++;
        for (Helper helper : helpers) {
            LockSupport.unpark(helper);
        }
    }
}
