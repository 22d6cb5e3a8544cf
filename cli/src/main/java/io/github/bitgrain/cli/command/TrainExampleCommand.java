package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.example.StrokeImages;
import io.github.bitgrain.cli.example.StrokeTraining;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains the network of the quickstart again, from nothing. */
@Command(
        name = "train-example",
        header = "Trains the network of 'quickstart' from scratch on pictures that Bitgrain draws, and writes it as ONNX.",
        footer = {"  bitgrain train-example --out strokes.onnx"})
public final class TrainExampleCommand extends CliCommand {
    private static final int EVALUATED = 4096;

    @Option(names = "--out", defaultValue = "strokes.onnx", paramLabel = "FILE.onnx", description = "File to write. Default: strokes.onnx.")
    private Path file;

    @Option(names = "--steps", defaultValue = "2400", paramLabel = "N", description = "Training steps of 64 pictures. Default: 2400, as for the embedded network.")
    private int steps;

    @Option(names = "--threads", paramLabel = "N", description = "Number of threads. The result does not depend on it. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /**
     * What training gave.
     *
     * @param steps training steps
     * @param accuracy share of unseen pictures named correctly
     * @param output the written file
     */
    record Result(int steps, double accuracy, String output) {}

    @Override
    public Integer call() {
        if (steps < 1 || threads < 1) {
            throw BitgrainException.usage((steps < 1 ? "--steps" : "--threads") + ": at least 1 is needed");
        }
        WholeFile.check(file);
        Progress progress = progress();
        progress.begin("train", steps + " steps", steps);
        Model model = StrokeTraining.train(steps, threads, (step, all, loss) -> progress.step(step));
        progress.end();
        OnnxWriter.write(model, file);
        Result result = new Result(steps, StrokeTraining.accuracy(model, StrokeImages.Split.EVALUATION, EVALUATED, threads), file.toString());
        print(result, () -> out().printf(Locale.ROOT, "%s: %.2f %% of %d unseen pictures%n", file, 100 * result.accuracy(), EVALUATED));
        return 0;
    }
}
