package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.quantizer.QuantizationListener;
import java.util.Locale;

/** Shows calibration, then what changes weights after it: a task per block, with the loss. */
public final class WorkProgress implements QuantizationListener {
    private final Progress progress;
    private final String tuning;
    private String running;

    /** Shows it here, and calls what follows calibration threshold training. */
    public WorkProgress(Progress progress) {
        this(progress, "tqt");
    }

    /**
     * Shows it here.
     *
     * @param tuning name of what follows calibration
     */
    public WorkProgress(Progress progress, String tuning) {
        this.progress = progress;
        this.tuning = tuning;
    }

    @Override
    public void calibrated(int done, int all) {
        begin("calibrate", all / 2 + " batches", all);
        progress.step(done);
    }

    @Override
    public void step(int block, int blocks, String name, int step, int steps, float loss) {
        begin(tuning, "block " + (block + 1) + "/" + blocks + "  " + name, steps);
        progress.step(step, String.format(Locale.ROOT, "loss %.3g", loss));
    }

    private void begin(String task, String subject, long steps) {
        String name = task + " " + subject;
        if (!name.equals(running)) {
            end();
            progress.begin(task, subject, steps);
            running = name;
        }
    }

    /** Ends the task that runs. */
    public void end() {
        if (running != null) {
            progress.end();
            running = null;
        }
    }
}
