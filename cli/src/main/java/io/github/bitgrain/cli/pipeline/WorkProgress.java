package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.quantizer.QuantizationListener;
import java.util.Locale;

/** Shows calibration, then threshold training: a task per block, with the loss. */
public final class WorkProgress implements QuantizationListener {
    private final Progress progress;
    private String running;

    /** Shows it here. */
    public WorkProgress(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void calibrated(int done, int all) {
        begin("calibrate", all / 2 + " batches", all);
        progress.step(done);
    }

    @Override
    public void step(int block, int blocks, String name, int step, int steps, float loss) {
        begin("tqt", "block " + (block + 1) + "/" + blocks + "  " + name, steps);
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
