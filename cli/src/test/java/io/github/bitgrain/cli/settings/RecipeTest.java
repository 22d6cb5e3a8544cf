package io.github.bitgrain.cli.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** spec/ptq-qat-toolkit.md §6. */
class RecipeTest {
    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static String refused(org.junit.jupiter.api.function.Executable action) {
        return assertThrows(BitgrainException.class, action).getMessage();
    }

    @Test
    void laterSourcesOverrideAndMappingsMerge() throws IOException {
        file("float.yaml", "training_hyperparams: {max_epochs: 100, initial_lr: 5e-4, lr_updates: [1, 2]}\nexperiment_name: float\n");
        file("quantization_params/four.yaml", "bits: 4\ncalib_params: {percentile: 99}\n");
        Path own = file("own.yaml", "defaults: [float, {quantization_params: four}, _self_]\nexperiment_name: mine\n"
                + "training_hyperparams: {lr_updates: [7]}\nquantization_params: {calib_params: {histogram_calib_method: mse}}\n");
        RecipeSettings settings = Recipe.read(own, List.of()).settings();
        assertEquals("mine", settings.experimentName());
        assertEquals(100, settings.trainingHyperparams().maxEpochs());
        assertEquals(List.of(7), settings.trainingHyperparams().lrUpdates(), "lists are replaced");
        assertEquals(4, settings.quantizationParams().bits());
        assertEquals(99, settings.quantizationParams().calibParams().percentile());
        assertEquals("mse", settings.quantizationParams().calibParams().histogramCalibMethod());
        Path first = file("first.yaml", "defaults: [_self_, float]\nexperiment_name: mine\n");
        assertEquals("float", Recipe.read(first, List.of()).settings().experimentName(), "_self_ stands where it is written");
    }

    @Test
    void referencesAndResolversAreReplaced() throws IOException {
        Path own = file("own.yaml", "dataset_params: {train_dataset_params: {data: a.npy, samples: 64}, val_dataset_params: {data: '${dataset_params.train_dataset_params.data}',"
                + " samples: '${div:${dataset_params.train_dataset_params.samples},2}'}, train_dataloader_params: {batch_size: '${add:3,5}'}}\n"
                + "training_hyperparams: {lr_updates: [3, 6, 9], max_epochs: '${last:${training_hyperparams.lr_updates}}',"
                + " early_stop_patience: '${len:training_hyperparams.lr_updates}', batch_accumulate: '${getitem:training_hyperparams.lr_updates,1}',"
                + " run_validation_freq: '${first:training_hyperparams.lr_updates}', ema: '${cond:true,true,false}',"
                + " lr_warmup_steps: '${mul:${training_hyperparams.max_epochs},10}'}\nexperiment_name: run_${training_hyperparams.max_epochs}\n");
        RecipeSettings settings = Recipe.read(own, List.of()).settings();
        assertEquals("a.npy", settings.datasetParams().valDatasetParams().data());
        assertEquals(32, settings.datasetParams().valDatasetParams().samples());
        assertEquals(8, settings.datasetParams().trainDataloaderParams().batchSize());
        assertEquals(9, settings.trainingHyperparams().maxEpochs());
        assertEquals(3, settings.trainingHyperparams().earlyStopPatience());
        assertEquals(6, settings.trainingHyperparams().batchAccumulate());
        assertEquals(3, settings.trainingHyperparams().runValidationFreq());
        assertTrue(settings.trainingHyperparams().ema());
        assertEquals(90, settings.trainingHyperparams().lrWarmupSteps());
        assertEquals("run_9", settings.experimentName());
        Path circle = file("circle.yaml", "experiment_name: ${ckpt_root_dir}\nckpt_root_dir: ${experiment_name}\n");
        assertTrue(refused(() -> Recipe.read(circle, List.of())).contains("cannot be resolved"));
        Path unknown = file("unknown.yaml", "experiment_name: ${no.such}\n");
        assertTrue(refused(() -> Recipe.read(unknown, List.of())).contains("refers to 'no.such', which the recipe does not have"));
    }

    @Test
    void theCommandLineOverridesAndAdds() throws IOException {
        Path own = file("own.yaml", "training_hyperparams: {max_epochs: 5}\nepochs: 7\n");
        assertEquals(7, Recipe.read(own, List.of()).settings().trainingHyperparams().maxEpochs(), "a shortcut overrides its long form");
        RecipeSettings settings = Recipe.read(own, List.of("epochs=2", "+training_hyperparams.optimizer_params.weight_decay=0.5", "lr=1e-3"))
                .settings();
        assertEquals(2, settings.trainingHyperparams().maxEpochs());
        assertEquals(0.5, settings.trainingHyperparams().optimizerParams().weightDecay());
        assertEquals("1e-3", settings.trainingHyperparams().initialLr());
        assertTrue(refused(() -> Recipe.read(own, List.of("training_hyperparams.seed=1"))).contains("the recipe has no 'training_hyperparams.seed'; +"));
    }

    @Test
    void whatIsMandatoryIsNamedWithItsPlace() throws IOException {
        Path own = file("own.yaml", "checkpoint_params:\n  checkpoint_path: ???\n");
        assertEquals(own + ":2:20: checkpoint_params.checkpoint_path must be given, for example on the command line: "
                + "checkpoint_params.checkpoint_path=VALUE", refused(() -> Recipe.read(own, List.of())));
        assertEquals("x.onnx", Recipe.read(own, List.of("checkpoint_params.checkpoint_path=x.onnx")).settings().checkpointParams().checkpointPath());
    }

    @Test
    void errorsKnowLineAndColumn() throws IOException {
        Path wrong = file("wrong.yaml", "training_hyperparams:\n  max_epochs: many\n");
        assertEquals(wrong + ":2:15: training_hyperparams.max_epochs is a whole number, not 'many'", refused(() -> Recipe.read(wrong, List.of()).settings()));
        Path unknown = file("unknown.yaml", "training_hyperparams:\n  max_epoch: 3\n");
        assertEquals(unknown + ":2:3: unknown setting 'training_hyperparams.max_epoch'; did you mean 'training_hyperparams.max_epochs'?",
                refused(() -> Recipe.read(unknown, List.of()).settings()));
        Path broken = file("broken.yaml", "a: [1\nb: 2\n");
        assertTrue(refused(() -> Recipe.read(broken, List.of())).startsWith(broken + ":2:"), refused(() -> Recipe.read(broken, List.of())));
        Path lost = file("lost.yaml", "defaults: [nowhere]\n");
        assertTrue(refused(() -> Recipe.read(lost, List.of())).startsWith(lost + ":1:12: there is no recipe 'nowhere'"));
        Path self = file("self.yaml", "defaults: [self]\n");
        assertTrue(refused(() -> Recipe.read(self, List.of())).contains("in a circle"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"strokes_float", "strokes_qat", "strokes_esp32s3", "strokes_few_bits", "classifier_qat", "imitation_qat"})
    void shippedRecipesCompose(String name) throws IOException {
        Path own = file("own.yaml", "defaults: [" + name + ", _self_]\ncheckpoint_params: {checkpoint_path: x.onnx}\ndataset_params: "
                + "{train_dataset_params: {data: x.npy, labels: y.npy}, val_dataset_params: {data: x.npy, labels: y.npy}}\n");
        RecipeSettings settings = Recipe.read(own, List.of()).settings();
        assertEquals("x.onnx", settings.checkpointParams().checkpointPath());
        assertTrue(settings.quantizationParams().calibParams().numCalibBatches() >= 0);
    }

    @Test
    void anEmptyNumberOfBatchesMeansByNumberOfSamples() throws IOException {
        Path own = file("own.yaml", "quantization_params: {calib_params: {num_calib_batches: }}\n");
        assertEquals(0, Recipe.read(own, List.of()).settings().quantizationParams().calibParams().numCalibBatches());
        assertEquals(16, Recipe.read(file("none.yaml", "experiment_name: x\n"), List.of()).settings().quantizationParams().calibParams().numCalibBatches());
        assertEquals(Map.of("experiment_name", "x"), Recipe.read(folder.resolve("none.yaml"), List.of()).tree());
    }
}
