package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Samples;
import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.cli.metric.detection.DetectionTask;
import io.github.bitgrain.cli.network.Evaluation;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.quant.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a model on data. */
@Command(
        name = "evaluate",
        header = "Measures a model on data: a float or QDQ network (.onnx), or a chip model (.espdl), simulated bit by bit.",
        footer = {
            "  bitgrain evaluate model.onnx --data images.npy --labels labels.npy --metric top1,top5",
            "  bitgrain evaluate model.espdl --data images.npy --labels labels.npy --reference model.onnx --metric top1,agreement",
            "  bitgrain evaluate yolo.espdl --data images.npy --labels boxes.npy --decoder xywh"
        })
public final class EvaluateCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL", description = "An .onnx or .espdl file. The head that quantize cut off a network is computed too, if its file is in the same folder.")
    private Path model;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DATA",
            description = "Samples: an .npy file (first axis counts samples), an .npz file for several inputs, or a folder of images.")
    private Path data;

    @Mixin
    private ShapeOptions shapes = new ShapeOptions();

    @Mixin
    private DataOptions dataOptions;

    @Option(names = "--labels", paramLabel = "FILE.npy", description = "True class of each sample, label of each group, or boxes (see --decoder).")
    private Path labels;

    @Option(names = "--groups", paramLabel = "FILE.npy", description = "Group of each sample: auc averages over groups.")
    private Path groups;

    @Option(
            names = "--metric",
            split = ",",
            paramLabel = "NAME",
            description = "top1, top5, nats and perplexity (of logits); agreement, mse, snr (noise ÷ signal power), cosine; of autoencoders auc, spearman (rank correlation of the groups' scores with the reference's); of detectors map50, map50_95 (COCO). Default: what labels and reference allow.")
    private List<String> metrics = new ArrayList<>();

    @Mixin
    private DetectionOptions detection = new DetectionOptions();

    @Option(names = "--reference", paramLabel = "MODEL.onnx", description = "Model to compare outputs with.")
    private Path reference;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "Target of an .espdl file that does not name it.")
    private Target target;

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Override
    public Integer call() {
        Path[] models = reference == null ? new Path[] {model} : new Path[] {model, reference};
        espdl.check(target, models);
        shapes.check(models);
        long start = System.nanoTime();
        int threads = Runtime.getRuntime().availableProcessors();
        try (Network network = Networks.open(model, espdl, target, shapes.shapes(), threads, this::note);
                Network other = reference == null ? null : Networks.open(reference, espdl, target, shapes.shapes(), threads, this::note);
                InputData samples = InputData.open(data, network.inputs(), dataOptions.preprocessing())) {
            Evaluation evaluation = new Evaluation(network, other, samples);
            DetectionTask task = detection.task(labels, samples.samples());
            Metrics.Truth truth = new Metrics.Truth(samples.samples(), task == null ? column(labels) : null, column(groups), other != null);
            Metrics wanted = Metrics.of(metrics, truth, evaluation.shape(), evaluation.detections(task));
            Map<String, Double> values = evaluation.run(wanted, progress(), "evaluate");
            double seconds = (System.nanoTime() - start) / 1e9;
            print(result(samples.samples(), values, seconds), () -> text(samples.samples(), values));
        }
        return 0;
    }

    /** The integers of a file, or null without one. */
    static Metrics.Column column(Path file) {
        if (file == null) {
            return null;
        }
        try (Samples array = InputData.array(file)) {
            return new Metrics.Column(file.toString(), array.count(), array.longs());
        }
    }

    private static Map<String, Object> result(int samples, Map<String, Double> values, double seconds) {
        Map<String, Object> metrics = new LinkedHashMap<>();
        values.forEach((name, value) -> metrics.put(name, Json.number(value)));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("samples", samples);
        result.put("metrics", metrics);
        result.put("seconds", seconds);
        return result;
    }

    private void text(int samples, Map<String, Double> values) {
        out().println(model + " on " + samples + " samples of " + data);
        values.forEach((name, value) -> out().println(String.format(Locale.ROOT, "%-10s %.6g", name, value)));
    }
}
