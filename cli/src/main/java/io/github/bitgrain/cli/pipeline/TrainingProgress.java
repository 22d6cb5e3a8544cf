package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.quantizer.tqt.TqtListener;
import java.util.Locale;

/** Shows threshold training: a task per block, with the loss. */
final class TrainingProgress implements TqtListener {
    private final Progress progress;
    private String running;

    TrainingProgress(Progress progress) {
        this.progress = progress;
    }

    @Override
    public void step(int block, int blocks, String name, int step, int steps, float loss) {
        if (!name.equals(running)) {
            end();
            progress.begin("tqt", "block " + (block + 1) + "/" + blocks + "  " + name, steps);
            running = name;
        }
        progress.step(step, String.format(Locale.ROOT, "loss %.3g", loss));
    }

    void end() {
        if (running != null) {
            progress.end();
            running = null;
        }
    }
}
