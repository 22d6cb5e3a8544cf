package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QatTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private CommandRun lenet(String base, String model, String... more) throws IOException {
        Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "defaults: [" + base + ", _self_]\ncheckpoint_params: {checkpoint_path: "
                + shared("models/" + model) + "}\ndataset_params:\n  train_dataset_params: {data: " + shared("data/lenet/train_x.npy") + ", labels: "
                + shared("data/lenet/train_y.npy") + "}\n  val_dataset_params: {data: " + shared("data/lenet/val_x.npy") + ", labels: "
                + shared("data/lenet/val_y.npy") + "}\n  calib_dataset_params: {data: " + shared("data/lenet/calib_x.npy")
                + "}\n  mean: 0.5\n  std: 0.25\nckpt_root_dir: " + folder.resolve("runs") + "\nexport_params: {output_espdl_path: "
                + folder.resolve("a.espdl") + ", output_onnx_path: " + folder.resolve("a.onnx") + "}\n");
        List<String> args = new ArrayList<>(List.of("qat", recipe.toString(), "--json"));
        args.addAll(List.of(more));
        return CommandRun.of(args.toArray(String[]::new));
    }

    /** The chip's plan is trained: accuracy on the simulated esp32s3, and files that say the same. */
    @Test
    void anImbalancedNetworkKeepsItsAccuracyOnTheChip() throws IOException {
        CommandRun run = lenet("classifier_qat", "lenet_imb.onnx", "epochs=1");
        assertEquals(0, run.exit(), run.err());
        JsonNode json = JSON.readTree(run.out());
        assertTrue(json.get("chipScore").asDouble() >= 0.97, run.out());
        assertTrue(json.get("bitExact").asBoolean());
        assertEquals(0, CommandRun.of("verify", folder.resolve("a.espdl").toString()).exit());
        assertTrue(Files.exists(folder.resolve("runs/classifier_qat/recipe.json")));
        assertTrue(Files.exists(folder.resolve("runs/classifier_qat/latest.ckpt")));
        CommandRun evaluation = CommandRun.of("evaluate", folder.resolve("a.espdl").toString(), "--data", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--mean", "0.5", "--std", "0.25", "--metric", "top1", "--json");
        assertEquals(json.get("chipScore").asDouble(), JSON.readTree(evaluation.out()).get("metrics").get("top1").asDouble());
    }

    /** Free scales at 3 bits: training recovers what calibration loses; the QDQ file is the trained network. */
    @Test
    void freeScalesAreTrainedAndWrittenAsQdq() throws IOException {
        CommandRun run = lenet("classifier_qat", "lenet.onnx", "epochs=1", "lr=1e-3", "quantization_params.target=", "+quantization_params.bits=3",
                "export_params.output_espdl_path=", "quantization_params.calib_params.histogram_calib_method=mse", "--threads", "2");
        assertEquals(0, run.exit(), run.err());
        JsonNode json = JSON.readTree(run.out());
        assertTrue(json.get("qatScore").asDouble() > json.get("ptqScore").asDouble(), run.out());
        assertTrue(json.get("qatScore").asDouble() > 0.9, run.out());
        CommandRun evaluation = CommandRun.of("evaluate", folder.resolve("a.onnx").toString(), "--data", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--mean", "0.5", "--std", "0.25", "--metric", "top1", "--json");
        assertEquals(json.get("qatScore").asDouble(), JSON.readTree(evaluation.out()).get("metrics").get("top1").asDouble(), 0.0011);
    }

    /** Learned scales, powers of two, unsigned integers, normalizations trained: more than calibrated ranges give, and all of it in the file. */
    @Test
    void scalesAreLearnedAndOperandsUnsigned() throws IOException {
        String[] few = {"epochs=1", "lr=1e-3", "quantization_params.target=", "+quantization_params.bits=3", "export_params.output_espdl_path=",
            "quantization_params.selective_quantizer_params.power_of_two=true", "quantization_params.calib_params.histogram_calib_method=mse",
            "--threads", "2"};
        double fixed = JSON.readTree(lenet("classifier_qat", "lenet.onnx", few).out()).get("qatScore").asDouble();
        List<String> learning = new ArrayList<>(List.of(few));
        learning.addAll(List.of("quantization_params.selective_quantizer_params.learn_scale=true",
                "quantization_params.selective_quantizer_params.unsigned_activations=true", "+quantization_params.fold_batch_norm=never"));
        CommandRun run = lenet("classifier_qat", "lenet.onnx", learning.toArray(String[]::new));
        assertEquals(0, run.exit(), run.err());
        JsonNode json = JSON.readTree(run.out());
        assertTrue(json.get("qatScore").asDouble() > fixed, json.get("qatScore") + " and " + fixed);
        CommandRun evaluation = CommandRun.of("evaluate", folder.resolve("a.onnx").toString(), "--data", shared("data/lenet/val_x.npy"), "--labels",
                shared("data/lenet/val_y.npy"), "--mean", "0.5", "--std", "0.25", "--metric", "top1", "--json");
        assertEquals(json.get("qatScore").asDouble(), JSON.readTree(evaluation.out()).get("metrics").get("top1").asDouble(), 0.0011);
    }

    /** With tqt the recipe begins where threshold training ends; rates in steps move weights of every layer, and the file has them. */
    @Test
    void recipesBeginWithThresholdsAndCountRatesInSteps() throws IOException {
        double calibrated = imitation("quantization_params.ptq_only=true").get("ptqScore").asDouble();
        double thresholds = imitation("quantization_params.ptq_only=true", "+quantization_params.tqt=true").get("ptqScore").asDouble();
        // Calibration alone, biases as they are, leaves .019.
        assertTrue(calibrated < 0.005, "with biases corrected " + calibrated);
        assertTrue(thresholds < 0.0065, "after threshold training " + thresholds);
        JsonNode steps = imitation("epochs=2", "lr=0.02", "+training_hyperparams.lr_unit=step");
        JsonNode ones = imitation("epochs=2", "lr=0.02");
        assertTrue(steps.get("qatScore").asDouble() < 1.1 * calibrated, steps.toString());
        assertTrue(ones.get("qatScore").asDouble() > 3 * steps.get("qatScore").asDouble(), ones + " counted as they are, " + steps + " in steps");
    }

    private JsonNode imitation(String... more) throws IOException {
        CommandRun run = lenet("imitation_qat", "lenet.onnx", more);
        assertEquals(0, run.exit(), run.err());
        return JSON.readTree(run.out());
    }

    @Test
    void theSameRecipeWritesTheSameBytesWithAnyNumberOfThreads() throws IOException {
        String[] fast = {"epochs=1", "+training_hyperparams.max_train_batches=4", "+training_hyperparams.max_valid_batches=2"};
        assertEquals(0, lenet("classifier_qat", "lenet.onnx", fast[0], fast[1], fast[2], "--threads", "1").exit());
        byte[] first = Files.readAllBytes(folder.resolve("a.onnx"));
        assertEquals(0, lenet("classifier_qat", "lenet.onnx", fast[0], fast[1], fast[2], "--threads", "3").exit());
        assertArrayEquals(first, Files.readAllBytes(folder.resolve("a.onnx")));
    }

    @Test
    void withoutTrainingThereIsCalibrationAlone() throws IOException {
        CommandRun run = lenet("imitation_qat", "lenet.onnx", "quantization_params.ptq_only=true");
        assertEquals(0, run.exit(), run.err());
        assertTrue(JSON.readTree(run.out()).get("qatScore").isNull());
    }

    /** Row 55: a line per module and per range where the recipe is verbose, none elsewhere. */
    @Test
    void onlyVerboseRecipesNameTheModules() throws IOException {
        for (boolean verbose : new boolean[] {true, false}) {
            CommandRun run = lenet("classifier_qat", "lenet.onnx", "quantization_params.ptq_only=true", "quantization_params.target=",
                    "export_params.output_espdl_path=", "quantization_params.calib_params.verbose=" + verbose);
            assertEquals(0, run.exit(), run.err());
            assertEquals(verbose, run.err().contains("Conv2d → QuantConv2d"), run.err());
            assertEquals(verbose, run.err().contains("input_quantizer: "), run.err());
        }
    }

    @Test
    void wrongRecipesAreAnsweredInOneLine() throws IOException {
        lenet("classifier_qat", "lenet.onnx", "epochs=0").fails(2, "max_epochs: 0 is less than 1");
        lenet("classifier_qat", "lenet.onnx", "quantization_params.target=", "export_params.output_onnx_path=").fails(
                2, "export_params.output_espdl_path: a chip model needs quantization_params.target");
        lenet("classifier_qat", "lenet.onnx", "+export_params.quantization_mode=FP16").fails(
                2, "export_params.quantization_mode: FP16 was asked for, but what a recipe writes is quantized; leave it out, or ask for INT8");
        lenet("classifier_qat", "lenet.onnx", "quantization_params.target=", "export_params.output_espdl_path=", "+quantization_params.tqt=true").fails(
                2, "quantization_params.tqt: thresholds are a chip's; it needs quantization_params.target");
        lenet("classifier_qat", "lenet.onnx", "quantization_params.target=", "export_params.output_espdl_path=", "+training_hyperparams.lr_unit=step")
                .fails(2, "training_hyperparams.lr_unit: steps are a chip's; it needs quantization_params.target");
        lenet("classifier_qat", "lenet.onnx", "+dataset_params.train_dataset_params.transforms=[{RandomMixture: 0.5}]").fails(
                2, "mixed samples have no labels; they need a loss that asks the teacher alone, and no labels");
        lenet("classifier_qat", "lenet.onnx", "+training_hyperparams.average_best_models=true").fails(
                2, "training_hyperparams.average_best_models is not supported; leave it out");
        lenet("classifier_qat", "lenet.onnx", "quantization_params.selective_quantizer_params.learn_scale=true").fails(
                2, "quantization_params.selective_quantizer_params.learn_scale is for free scales; leave it out, or leave quantization_params.target out"
                        + " (quantization_params.tqt trains a chip's thresholds)");
        lenet("classifier_qat", "lenet.onnx", "+quantization_params.fold_batch_norm=never").fails(
                2, "quantization_params.fold_batch_norm is for free scales; leave it out, or leave quantization_params.target out");
        lenet("classifier_qat", "lenet.onnx", "+training_hyperparams.sync_bn=true").fails(2, "training_hyperparams.sync_bn is not supported; leave it out");
        lenet("classifier_qat", "lenet.onnx", "+pre_launch_callbacks_list=[Other]").fails(
                2, "pre_launch_callbacks_list: unknown 'Other'; known: QATRecipeModificationCallback");
        lenet("classifier_qat", "lenet.onnx", "dataset_params.train_dataset_params.labels=").fails(
                2, "dataset_params: the loss needs labels; give labels, or set training_hyperparams.loss to imitation");
        CommandRun.of("qat", folder.resolve("no.yaml").toString()).fails(65, folder.resolve("no.yaml") + ": no such file");
    }
}
