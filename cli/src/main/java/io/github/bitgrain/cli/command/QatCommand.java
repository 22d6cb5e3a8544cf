package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.pipeline.OutcomeText;
import io.github.bitgrain.cli.recipe.RecipeOutcome;
import io.github.bitgrain.cli.recipe.RecipeRun;
import io.github.bitgrain.cli.settings.HeadChoice;
import io.github.bitgrain.cli.settings.Recipe;
import io.github.bitgrain.core.BitgrainException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Quantization-aware training. */
@Command(
        name = "qat",
        header = "Trains with quantization in the loop, after a recipe in YAML under SuperGradients' names.",
        footer = {
            "  bitgrain qat recipe.yaml epochs=5 quantization_params.target=esp32p4",
            "  bitgrain qat recipe.yaml --fit-input --head cut +export_params.output_header_path=model.hpp",
            "  A recipe builds on others: 'defaults: [strokes_qat, _self_]'. Bitgrain comes with",
            "  strokes_float, strokes_qat, strokes_esp32s3, strokes_few_bits (the embedded example),",
            "  classifier_qat (labelled data) and imitation_qat (no labels)."
        })
public final class QatCommand extends CliCommand {
    @Parameters(index = "0", paramLabel = "RECIPE.yaml", description = "The recipe.")
    private Path file;

    @Parameters(index = "1..*", paramLabel = "KEY=VALUE", description = "Overrides of the recipe; +KEY=VALUE adds a key.")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--fit-input", description = "Move and scale the network's input so that it uses all 256 values of its 8 bits, as for quantize. "
            + "The same as +quantization_params.fit_input=true.")
    private boolean fitInput;

    @Option(names = "--head", paramLabel = "NAME", description = "What becomes of the network's end behind its last layers, as for quantize: auto, cut or keep. "
            + "The same as +quantization_params.head=NAME.")
    private HeadChoice head;

    @Option(names = "--output-names", split = ",", paramLabel = "NAME", description = "Names of the chip model's outputs, in order. "
            + "The same as +quantization_params.output_names=[NAME, ...].")
    private List<String> outputNames = List.of();

    @Option(names = "--input-shape", paramLabel = "[NAME=]N,C,H,W", description = "Shape of an input whose axes the file leaves open, as for quantize; give the option once for "
            + "each. The same as +checkpoint_params.input_shapes=[SHAPE, ...].")
    private List<String> shapes = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Number of threads. Results do not depend on it. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() {
        if (threads < 1) {
            throw BitgrainException.usage("--threads: " + threads + " is less than 1");
        }
        RecipeOutcome outcome = new RecipeRun(Recipe.read(file, overrides()), threads, progress(), err()).run();
        print(outcome, () -> text(outcome));
        return Boolean.FALSE.equals(outcome.bitExact()) ? BitgrainException.Kind.CHECK_FAILED.exitCode() : 0;
    }

    /** Options are what a recipe says, too, and say it last. */
    private List<String> overrides() {
        List<String> all = new ArrayList<>(assignments);
        if (fitInput) {
            all.add("+quantization_params.fit_input=true");
        }
        if (head != null) {
            all.add("+quantization_params.head=" + head.word());
        }
        if (!outputNames.isEmpty()) {
            all.add("+quantization_params.output_names=" + Json.compact(outputNames));
        }
        if (!shapes.isEmpty()) {
            all.add("+checkpoint_params.input_shapes=" + Json.compact(shapes));
        }
        return all;
    }

    private void text(RecipeOutcome outcome) {
        out().printf(Locale.ROOT, "%-10s %9s %9s %9s%s%n", "", "float", "PTQ", "QAT", outcome.chipScore() == null ? "" : "      chip");
        out().printf(Locale.ROOT, "%-10s %9.4f %9.4f %9s%s%n", outcome.metric(), outcome.floatScore(), outcome.ptqScore(),
                outcome.qatScore() == null ? "-" : String.format(Locale.ROOT, "%.4f", outcome.qatScore()),
                outcome.chipScore() == null ? "" : String.format(Locale.ROOT, " %9.4f", outcome.chipScore()));
        OutcomeText.printEnds(outcome.inputs(), outcome.head(), out());
        for (String written : new String[] {outcome.onnx(), outcome.espdl()}) {
            if (!written.isEmpty()) {
                out().println(written + (written.equals(outcome.espdl()) ? "  " + outcome.target() + (Boolean.TRUE.equals(outcome.bitExact())
                        ? "  bit-exact" : "  NOT bit-exact") : ""));
            }
        }
        out().flush();
    }
}
