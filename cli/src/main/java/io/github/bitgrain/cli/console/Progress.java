package io.github.bitgrain.cli.console;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Progress of long work with an estimate of the time left. On a terminal one line is rewritten; elsewhere a line appears for
 * every tenth. Safe for use by several threads.
 */
public final class Progress {
    private static final int CELLS = 20;
    private static final long REDRAW_NANOS = 100_000_000;

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier nanoTime;

    private String task;
    private String subject;
    private long total;
    private long started;
    private long drawn;
    private int tenth;
    private int width;

    /**
     * @param err where it appears
     * @param terminal whether a carriage return rewrites the line
     */
    public Progress(PrintWriter err, boolean terminal) {
        this(err, terminal, System::nanoTime);
    }

    Progress(PrintWriter err, boolean terminal, LongSupplier nanoTime) {
        this.err = err;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
    }

    /**
     * Begins a task; ends the one before.
     *
     * @param task one word
     * @param subject what is worked on, for example "512 images"
     * @param total steps, at least 1
     */
    public synchronized void begin(String task, String subject, long total) {
        end();
        this.task = task;
        this.subject = subject;
        this.total = Math.max(1, total);
        started = nanoTime.getAsLong();
        drawn = started - REDRAW_NANOS;
        tenth = 0;
        width = 0;
    }

    /** {@code done} steps are finished. */
    public void step(long done) {
        step(done, "");
    }

    /** {@code done} steps are finished; {@code note} says how it goes, for example a loss. */
    public synchronized void step(long done, String note) {
        if (task == null) {
            return;
        }
        long now = nanoTime.getAsLong();
        if (terminal) {
            if (now - drawn >= REDRAW_NANOS || done >= total) {
                drawn = now;
                draw(done, note, now);
            }
        } else if (done * 10 / total > tenth) {
            tenth = (int) (done * 10 / total);
            err.println(line(done, note, now));
        }
    }

    /** Ends the task, if one is running. */
    public synchronized void end() {
        if (task != null && terminal && width > 0) {
            err.println();
            err.flush();
        }
        task = null;
    }

    private void draw(long done, String note, long now) {
        String line = line(done, note, now);
        err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
        err.flush();
        width = line.length();
    }

    private String line(long done, String note, long now) {
        double share = Math.min(1, (double) done / total);
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-11s %-18s", task, subject));
        if (terminal) {
            int full = (int) (share * CELLS);
            line.append(' ').append("█".repeat(full)).append(" ".repeat(CELLS - full));
        }
        long elapsed = now - started;
        line.append(String.format(Locale.ROOT, " %3d %%  ", (int) (share * 100)));
        if (share >= 1) {
            line.append(clock(elapsed));
        } else if (done > 0) {
            line.append(clock((long) (elapsed / share) - elapsed)).append(" left");
        }
        if (!note.isEmpty()) {
            line.append("   ").append(note);
        }
        return line.toString().stripTrailing();
    }

    private static String clock(long nanos) {
        long seconds = (nanos + 500_000_000) / 1_000_000_000;
        return seconds >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }
}
