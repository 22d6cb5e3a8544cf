package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.BitgrainException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share the items of one step at a time: static split, one barrier per step. A waiting thread spins for a
 * short while, then parks: waking a parked one costs as much as a small step. A part that its thread has not begun when
 * the caller is through with its own is done by the caller: on a busy machine a thread may get no processor for longer
 * than the whole step takes.
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
        /** The last round whose part somebody has taken on. */
        private final AtomicInteger taken = new AtomicInteger();
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
                seen = round;
                if (closed) {
                    return;
                }
                if (take(seen) && pending.decrementAndGet() == 0) {
                    LockSupport.unpark(caller);
                }
            }
        }

        /** Does this thread's part of the round unless it is taken; a round does not end before, so that its work is still there. */
        private boolean take(int of) {
            if (!taken.compareAndSet(of - 1, of)) {
                return false;
            }
            try {
                part(index);
            } catch (Throwable e) {
                // Handed to the thread that waits for the step.
                failure = e;
            }
            return true;
        }
    }

    /** A team of {@code threads}, the calling one included. */
    public Workers(int threads) {
        this(threads, true);
    }

    /** For tests also a team whose other threads never come. */
    Workers(int threads, boolean start) {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads");
        }
        helpers = new Helper[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Helper(i + 1);
            if (start) {
                helpers[i].start();
            }
        }
    }

    /** Number of threads, the calling one included. */
    public int threads() {
        return helpers.length + 1;
    }

    /**
     * Does all items of a step; only one thread may call at a time.
     *
     * @throws BitgrainException what an item was refused with
     * @throws IllegalStateException for every other failure of an item, which is its cause
     */
    public void run(Step step) {
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
        for (Helper helper : helpers) {
            if (helper.take(round)) {
                pending.decrementAndGet();
            }
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
            // Of several failures the one of the first items counts, as with one thread.
            failure = failure == null ? helper.failure : failure;
            helper.failure = null;
        }
        if (failure instanceof BitgrainException refusal) {
            throw refusal;
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
