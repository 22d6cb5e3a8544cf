package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.pipeline.SearchGoal;
import io.github.bitgrain.core.BitgrainException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job with settings that a search finds. */
@Command(
        name = "auto",
        header = "Searches the best settings by itself: calibration, equalization, training, layers at 16 bits.",
        description = "Does what 'quantize' does, several times, and writes the model that loses least on the simulated chip. --max-drop ends the "
                + "search as soon as it is met. Without --eval, agreement (or what --labels allow) on the calibration samples decides. Data that "
                + "chooses flatters the choice: keep other samples for a last measurement.",
        footer = {
            "  bitgrain auto model.onnx --calib calib.npy --eval test.npy --labels labels.npy --budget 1.2x -o model.espdl"
        })
public final class AutoCommand extends QuantizeCommand {
    @Option(names = "--budget", converter = WidthOptions.Times.class, paramLabel = "N.Nx", description = "The same as --latency-budget.")
    private Double budget;

    @Override
    public Integer call() {
        if (budget != null && widths().bounds()) {
            throw BitgrainException.usage("--budget and --latency-budget are the same: give one of them");
        }
        measureSomewhere();
        return super.call();
    }

    @Override
    SearchGoal goal() {
        Double maxDrop = widths().maxDrop();
        return new SearchGoal(maxDrop == null ? Double.NaN : maxDrop, budget == null ? widths().budget() : budget);
    }
}
