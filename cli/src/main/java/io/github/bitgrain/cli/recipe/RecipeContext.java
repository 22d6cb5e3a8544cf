package io.github.bitgrain.cli.recipe;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.settings.Recipe;
import io.github.bitgrain.cli.settings.RecipeSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.exporter.onnx.QdqOptions;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.qat.EpochResult;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingListener;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What runs of a recipe share, whatever their scales.
 *
 * @param recipe after its callbacks
 * @param settings the recipe, checked
 * @param threads number of threads; results do not depend on it
 * @param log hears of epochs
 */
record RecipeContext(Recipe recipe, RecipeSettings settings, int threads, Progress progress, PrintWriter log) {
    /**
     * How to train; the folder of the run is made, and the recipe written into it.
     *
     * @param teacher the float network, for losses that ask it
     * @throws BitgrainException (usage) if the loss lacks labels
     */
    TrainingParams params(Model teacher, TrainingData train, TrainingData valid) {
        TrainingParams params = RecipeTraining.params(settings, teacher, threads);
        if (params.loss().needsTargets() && (train.targets() == null || valid.targets() == null)) {
            throw BitgrainException.usage("dataset_params: the loss needs labels; give labels, or set training_hyperparams.loss to imitation");
        }
        if (params.loss().needsTargets()) {
            requireClasses(teacher);
        }
        WholeFile.makeFolder(params.folder());
        WholeFile.write(params.folder().resolve("recipe.json"), out -> out.write(Json.text(recipe.tree()).getBytes(StandardCharsets.UTF_8)));
        return params;
    }

    /** Labels are class numbers. */
    private static void requireClasses(Model network) {
        String output = network.graph().outputs().getFirst();
        Shape shape = ShapeInference.infer(network.graph(), network.parameters(), 1).get(output);
        if (shape.rank() < 2 || shape.without(0).size() != shape.dim(1)) {
            throw BitgrainException.usage("training_hyperparams.loss: labels are class numbers, but the network's output \"" + output + "\" " + shape
                    + " is no row of classes; set it to imitation, which needs no labels");
        }
    }

    /** A line for people. */
    void say(String line) {
        log.println(line);
        log.flush();
    }

    /** A warning for people. */
    void warn(String line) {
        say("warning: " + line);
    }

    /** Shows steps and epochs. */
    TrainingListener listener(TrainingParams params) {
        boolean[] begun = {false};
        return new TrainingListener() {
            @Override
            public void step(int done, int all, float loss, double rate) {
                if (!begun[0]) {
                    progress.begin("train", params.maxEpochs() + " epochs", all);
                    begun[0] = true;
                }
                progress.step(done, String.format(Locale.ROOT, "loss %.4g", loss));
            }

            @Override
            public void epoch(EpochResult result) {
                String valid = Double.isNaN(result.validLoss()) ? "" : String.format(Locale.ROOT, "  valid %.4g  %s %.4f", result.validLoss(),
                        params.watched().word(), result.score());
                log.printf(Locale.ROOT, "epoch %d  loss %.4g%s%s%n", result.epoch() + 1, result.trainLoss(), valid, result.best() ? "  best" : "");
                log.flush();
            }
        };
    }

    /** How ranges are calibrated. */
    AmaxMethod method() {
        RecipeSettings.CalibParams calib = settings.quantizationParams().calibParams();
        AmaxMethod method = AmaxMethod.parse(calib.histogramCalibMethod());
        return method.kind() == AmaxMethod.Kind.PERCENTILE ? AmaxMethod.percentile(calib.percentile()) : method;
    }

    /**
     * Writes the ONNX file that the recipe asks for.
     *
     * @return its name, or empty
     */
    String writeOnnx(Model quantized) {
        String file = settings.exportParams().outputOnnxPath();
        if (!file.isEmpty()) {
            boolean tensorRt = settings.exportParams().engine() == RecipeSettings.Engine.TENSORRT;
            OnnxWriter.write(quantized, QdqOptions.of(tensorRt ? QdqOptions.Profile.TENSORRT : QdqOptions.Profile.ORT_CPU), Path.of(file));
        }
        return file;
    }
}
