package io.github.bitgrain.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private CommandRun qat(String base, String model, String data, String... more) throws IOException {
        Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "defaults: [" + base + ", _self_]\ncheckpoint_params: {checkpoint_path: " + model
                + "}\ndataset_params: {" + data + "}\nquantization_params: {target: esp32p4}\nckpt_root_dir: " + file("runs")
                + "\nexport_params: {output_espdl_path: " + file("a.espdl") + ", output_onnx_path: " + file("a.onnx") + "}\n");
        return CommandRun.of(List.of("qat", recipe.toString()), more);
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
        JsonNode metrics = CommandRun.of(List.of("evaluate", file(model), "--data", shared(data), "--mean", "0.5", "--std", std, "--json"), more).json().get("metrics");
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
        JsonNode outcome = boxes(file("body.onnx"), "epochs=6", "lr=0.02", "+training_hyperparams.lr_unit=step", "--json").json();
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

    @Test
    void aDetectorsHeadIsLeftToTheApplication() throws IOException {
        Path export = UltralyticsExport.write(folder.resolve("yolo.onnx"));
        JsonNode outcome = boxes(export.toString(), "epochs=6", "lr=0.02", "+training_hyperparams.lr_unit=step", "--output-names", "box0,score0,box1,score1",
                "--json").json();
        assertEquals(file("a.head.onnx"), outcome.get("head").get("file").asText());
        assertEquals("\"/Sigmoid_output_0\" keeps 1 of 8 bits beside larger values in \"output0\"", outcome.get("head").get("reason").asText());
        assertEquals("[\"box0\",\"score0\",\"box1\",\"score1\"]", outcome.get("head").get("outputs").toString());
        assertEquals(List.of("box0", "score0", "box1", "score1"), EspdlReader.read(folder.resolve("a.espdl")).outputs());
        assertTrue(outcome.get("qatScore").asDouble() < 0.95 * outcome.get("ptqScore").asDouble(), outcome.toString());
        assertEquals(outcome.get("qatScore").asDouble(), outcome.get("chipScore").asDouble(), 0.01 * outcome.get("qatScore").asDouble());
        assertEquals(0, CommandRun.of("verify", file("a.espdl")).exit());
        for (String model : List.of("a.espdl", "a.onnx")) {
            double precision = evaluate(model, "data/yolo/val_x.npy", "1/4", "--labels", shared("data/yolo/val_l.npy"), "--decoder", "xywh", "--metric", "map50");
            assertTrue(precision > 0.533, model + ": " + precision);
        }
        CommandRun kept = boxes(export.toString(), "quantization_params.ptq_only=true", "+quantization_params.head=keep", "--json");
        assertTrue(kept.json().get("head").isNull());
    }

    /** Labels are about what comes behind the head, which is computed wherever the loss or the metric looks. */
    @Test
    void labelsStillCountWhereTheSoftmaxIsCut() throws IOException {
        CommandRun cut = digits(digitsWithSoftmax(), "epochs=1", "--head", "cut", "+quantization_params.output_names=[logits]");
        assertEquals(0, cut.exit(), cut.err());
        assertTrue(cut.out().contains("head       " + file("a.head.onnx") + " is left to the application, which gets 1 output\n"), cut.out());
        assertEquals(List.of("logits"), EspdlReader.read(folder.resolve("a.espdl")).outputs());
        assertTrue(ofDigits("a.espdl", "--labels", shared("data/lenet/val_y.npy"), "--metric", "top1") > 0.97);
        for (String model : List.of("a.espdl", "a.onnx")) {
            assertTrue(ofDigits(model, "--reference", file("softmax.onnx"), "--metric", "snr") < 0.01, model);
        }
    }

    /** Samples, teacher and augmentation stay what the network takes; the chip gets bytes less 128. */
    @Test
    void inputsAreFittedAndAllCommandsKnow() throws IOException {
        String softmax = digitsWithSoftmax();
        String[] snr = {"--reference", softmax, "--metric", "snr"};
        digits(softmax, "quantization_params.ptq_only=true", "--json").json();
        double plain = ofDigits("a.espdl", snr);
        JsonNode calibrated = digits(softmax, "quantization_params.ptq_only=true", "--fit-input", "--json").json();
        assertEquals("{\"x\":{\"scale\":[1.0],\"mean\":[128.0],\"std\":[1.0],\"exponent\":0}}", calibrated.get("inputs").toString());
        double fitted = ofDigits("a.espdl", snr);
        assertTrue(fitted < 1.5 * plain, fitted + " and " + plain);
        assertEquals(fitted, ofDigits("a.onnx", snr), 0.1 * fitted);

        CommandRun run = digits(softmax, "epochs=1", "lr=1e-5", "+quantization_params.fit_input=true", "--head", "cut",
                "+dataset_params.train_dataset_params.transforms=[{RandomShift: 1}]", "+export_params.output_header_path=" + file("a.hpp"));
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("input      \"x\" is fitted: feed v - 128 for a value v of the data\nhead       " + file("a.head.onnx")), run.out());
        assertTrue(run.out().contains("bit-exact"), run.out());
        String header = Files.readString(folder.resolve("a.hpp"));
        for (String part : List.of("namespace a ", "preprocess_scale[] = {1.0f};", "preprocess_mean[] = {128.0f};", "exponent = 0;", "\"NHWC\"")) {
            assertTrue(header.contains(part), header);
        }
        assertTrue(ofDigits("a.espdl", "--labels", shared("data/lenet/val_y.npy"), "--metric", "top1") > 0.97);
        assertTrue(ofDigits("a.onnx", snr) < 0.01);
        assertEquals(0, CommandRun.of("verify", file("a.espdl")).exit());
        assertTrue(EspdlReader.read(folder.resolve("a.espdl")).metadata().get("bitgrain.settings").contains("\"fit_input\":true"));
    }

    @Test
    void aDetectorsInputIsFittedAndItsHeadCut() throws IOException {
        Path export = UltralyticsExport.write(folder.resolve("yolo.onnx"));
        String hint = "hint: input \"x\" leaves part of its 8 bits unused; quantization_params.fit_input uses all of them, and the firmware then feeds v - 128";
        CommandRun scaledOnly = boxes(export.toString(), "quantization_params.ptq_only=true", "dataset_params.mean=", "dataset_params.std=");
        assertTrue(scaledOnly.err().contains(hint), scaledOnly.err());
        CommandRun plain = boxes(export.toString(), "quantization_params.ptq_only=true", "--json");
        CommandRun fitted = boxes(export.toString(), "epochs=2", "lr=0.02", "+training_hyperparams.lr_unit=step", "--fit-input", "--json");
        assertFalse(fitted.err().contains("hint: input"), fitted.err());
        JsonNode outcome = fitted.json();
        assertEquals(outcome.get("qatScore").asDouble(), outcome.get("chipScore").asDouble(), 0.01 * outcome.get("qatScore").asDouble());
        assertTrue(outcome.get("chipScore").asDouble() < plain.json().get("chipScore").asDouble(), outcome.toString());
        assertTrue(evaluate("a.espdl", "data/yolo/val_x.npy", "1/4", "--labels", shared("data/yolo/val_l.npy"), "--decoder", "xywh", "--metric", "map50") > 0.533);
    }

    @Test
    void inputsThatCannotBeFittedAreRefused() throws IOException {
        String lenet = shared("models/lenet.onnx");
        digits(lenet, "export_params.output_espdl_path=", "+export_params.output_header_path=" + file("a.hpp")).fails(2,
                "export_params.output_header_path: a header is of a chip model; it needs export_params.output_espdl_path");
        digits(lenet, "quantization_params.target=", "export_params.output_espdl_path=", "--fit-input").fails(2,
                "quantization_params.fit_input: the integers that inputs are fitted to are a chip's; it needs quantization_params.target");
        digits(lenet, "--fit-input", "+quantization_params.bits=16").fails(2,
                "quantization_params.fit_input: is for inputs of 8 bits; 16 bits hold an input well as it is");
        digits(lenet, "--fit-input", "+dataset_params.scale=1", "dataset_params.mean=127", "dataset_params.std=64").fails(65,
                "quantization_params.fit_input: input \"x\" stays as it is: 8 bits hold it well as it is");
    }

    @Test
    void headsThatCannotBeCutOrTrainedAreRefused() throws IOException {
        String lenet = shared("models/lenet.onnx");
        digits(lenet, "quantization_params.target=", "export_params.output_espdl_path=", "--head", "cut").fails(2,
                "quantization_params.head: only what a chip computes is cut and named; it needs quantization_params.target");
        digits(lenet, "quantization_params.target=", "export_params.output_espdl_path=", "--output-names", "a").fails(2,
                "quantization_params.output_names: only what a chip computes is cut and named; it needs quantization_params.target");
        digits(lenet, "--output-names", "a,b").fails(2, "quantization_params.output_names: the model has 1 output, not 2: y");
        CommandRun nothing = digits(lenet, "quantization_params.ptq_only=true", "--head", "cut");
        assertTrue(nothing.err().contains("warning: quantization_params.head=cut: the network ends with its last layer: nothing is left that the application could do"),
                nothing.err());
        Path export = UltralyticsExport.writeEndToEnd(folder.resolve("yolo.onnx"));
        boxes(export.toString(), "--head", "keep").fails(65,
                "node \"/decode/cells\" (TopK): ESP-DL has no kernel for this operator; the application computes it: end the network before it (--head cut)");
        boxes(export.toString(), "training_hyperparams.loss=CrossEntropyLoss", "+dataset_params.train_dataset_params.labels=" + labels(),
                "+dataset_params.val_dataset_params.labels=" + labels()).fails(2, "training_hyperparams.loss: labels are class numbers, but the network's output "
                + "\"output0\" [1, 100, 6] is no row of classes; set it to imitation, which needs no labels");
    }

    /** A class number for each picture of a detector. */
    private String labels() throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("labels.npy"))) {
            new NpyWriter(out, ElementType.INT8, List.of(64)).write(new int[64]);
        }
        return file("labels.npy");
    }
}
