package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code qat} does with the inputs and the outputs of networks for a chip. */
class QatEndsTest {
    @TempDir
    Path folder;

    private static String shared(String path) {
        return SharedData.path("golden/esp-ppq/" + path).toString();
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private static CommandRun run(List<String> args, String... more) {
        List<String> all = new ArrayList<>(args);
        all.addAll(List.of(more));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private CommandRun qat(String base, String model, String data, String... more) throws IOException {
        Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "defaults: [" + base + ", _self_]\ncheckpoint_params: {checkpoint_path: " + model
                + "}\ndataset_params: {" + data + "}\nquantization_params: {target: esp32p4}\nckpt_root_dir: " + file("runs")
                + "\nexport_params: {output_espdl_path: " + file("a.espdl") + ", output_onnx_path: " + file("a.onnx") + "}\n");
        return run(List.of("qat", recipe.toString()), more);
    }

    /** Labelled pictures of digits. */
    private CommandRun digits(String model, String... more) throws IOException {
        return qat("classifier_qat", model, "train_dataset_params: {data: " + shared("data/lenet/train_x.npy") + ", labels: " + shared("data/lenet/train_y.npy")
                + "}, val_dataset_params: {data: " + shared("data/lenet/val_x.npy") + ", labels: " + shared("data/lenet/val_y.npy")
                + "}, calib_dataset_params: {data: " + shared("data/lenet/calib_x.npy") + "}, mean: 0.5, std: 0.25", more);
    }

    /** Pictures for a detector, without labels. */
    private CommandRun boxes(String model, String... more) throws IOException {
        return qat("imitation_qat", model, "train_dataset_params: {data: " + shared("data/yolo/calib_x.npy") + "}, val_dataset_params: {data: "
                + shared("data/yolo/val_x.npy") + ", samples: 40}, mean: 0.5, std: 1/4", more);
    }

    private double evaluate(String model, String data, String std, String... more) throws IOException {
        JsonNode metrics = run(List.of("evaluate", file(model), "--data", shared(data), "--mean", "0.5", "--std", std, "--json"), more).json().get("metrics");
        return metrics.elements().next().asDouble();
    }

    private double ofDigits(String model, String... more) throws IOException {
        return evaluate(model, "data/lenet/val_x.npy", "0.25", more);
    }

    private String digitsWithSoftmax() {
        Model logits = OnnxReader.read(SharedData.path("golden/esp-ppq/models/lenet.onnx"));
        Graph graph = logits.graph().edit().node("softmax", new Softmax(-1), List.of(logits.graph().outputs().getFirst()), "p").outputs(List.of("p")).build();
        OnnxWriter.write(new Model(graph, logits.parameters()), folder.resolve("softmax.onnx"));
        return file("softmax.onnx");
    }

    /** The chip has other axes than the network, and none of its outputs stands for the others. */
    @Test
    void allOutputsAreImitatedAndTheChipsAreComparedInTheNetworksOrder() throws IOException {
        Model detector = OnnxReader.read(SharedData.path("golden/esp-ppq/models/yolo.onnx"));
        OnnxWriter.write(NetworkHead.of(detector).body(), folder.resolve("body.onnx"));
        JsonNode outcome = boxes(file("body.onnx"), "epochs=2", "lr=0.02", "+training_hyperparams.lr_unit=step", "--json").json();
        double ptq = outcome.get("ptqScore").asDouble();
        double qat = outcome.get("qatScore").asDouble();
        assertTrue(qat < 0.95 * ptq, outcome.toString());
        assertEquals(qat, outcome.get("chipScore").asDouble(), 0.01 * qat);
        boxes(file("body.onnx"), "+training_hyperparams.metric_to_watch=Accuracy").fails(2,
                "training_hyperparams.metric_to_watch: Accuracy is of one output; of several, watch Loss or MSE");
    }

    @Test
    void aSoftmaxStaysOnTheChipThoughTheLossTakesWhatComesBeforeIt() throws IOException {
        JsonNode outcome = digits(digitsWithSoftmax(), "epochs=1", "+training_hyperparams.max_train_batches=4", "--json").json();
        assertTrue(outcome.get("chipScore").asDouble() > 0.97, outcome.toString());
        for (String model : List.of("a.espdl", "a.onnx")) {
            double noise = ofDigits(model, "--reference", file("softmax.onnx"), "--metric", "snr");
            assertTrue(noise < 0.01, model + ": " + noise);
        }
    }
}
