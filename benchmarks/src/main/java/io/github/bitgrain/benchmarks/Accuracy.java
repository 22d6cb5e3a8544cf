package io.github.bitgrain.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How accurate the exported models are: quantizes real networks through the command line, runs the exported files bit-exactly
 * on validation data, and prints tables in Markdown, with ESP-PPQ's results beside ours where there are some.
 */
public final class Accuracy {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path shared;
    private final Path folder;
    private final List<String> more;

    private Accuracy(Path shared, Path folder, List<String> more) {
        this.shared = shared;
        this.folder = folder;
        this.more = more;
    }

    /**
     * Measures everything, about half an hour on two cores.
     *
     * @param arguments the folder of reference data; a part of the names of rows, or nothing; further options for quantize
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            System.err.println("usage: Accuracy SHARED [PART] [OPTION]...");
            System.exit(2);
        }
        String part = arguments.length > 1 ? arguments[1] : "";
        List<String> more = Arrays.asList(arguments).subList(Math.min(2, arguments.length), arguments.length);
        Accuracy accuracy = new Accuracy(Path.of(arguments[0]), Files.createTempDirectory("accuracy"), more);
        accuracy.besideTheReference(part);
        accuracy.realNetworks(part);
    }

    /** The networks and settings of ESP-PPQ's recorded runs, then the defaults against the best of those runs. */
    private void besideTheReference(String part) throws IOException {
        List<JsonNode> runs = new ArrayList<>();
        for (String line : Files.readAllLines(shared.resolve("golden/esp-ppq/val_nsr.json"))) {
            runs.add(JSON.readTree(line));
        }
        System.out.println("| network, target, calibration | noise ÷ signal: ours, ESP-PPQ's, ratio | agreement: ours, theirs | top-1: ours, theirs "
                + "| block losses, ours ÷ theirs | exponents moved | s |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (JsonNode run : runs) {
            if (run.get("tqt").isNull() || !run.has("agreement")) {
                continue;
            }
            String model = run.get("model").asText();
            String target = run.get("target").asText();
            String name = model + " " + target + " " + run.get("calib").asText();
            if (name.contains(part)) {
                List<String> options = new ArrayList<>(List.of("--calibration", run.get("calib").asText(), "--calib-batch",
                        model.equals("lenet") ? "16" : "8", "--calib-steps", "16", "--set", "tqt_optimization_setting.block_size=2",
                        "--set", "tqt_optimization_setting.steps=500"));
                Result result = reference(model, target, options);
                row(name, result, run.get("nsr").asDouble(), run.get("agreement").asDouble(), run.get("value").asDouble(),
                        ratio(result.blocks, run.get("block_mse_kept")));
            }
        }
        for (String model : List.of("lenet", "mbv2")) {
            for (String target : List.of("esp32s3", "esp32p4")) {
                String name = model + " " + target + " default";
                if (name.contains(part)) {
                    List<JsonNode> theirs = runs.stream()
                            .filter(run -> run.get("model").asText().equals(model) && run.get("target").asText().equals(target)).toList();
                    row(name + " (best of theirs)", reference(model, target, List.of()),
                            theirs.stream().mapToDouble(run -> run.get("nsr").asDouble()).min().orElseThrow(),
                            theirs.stream().mapToDouble(run -> run.get("agreement").asDouble()).max().orElseThrow(),
                            theirs.stream().mapToDouble(run -> run.get("value").asDouble()).max().orElseThrow(), Double.NaN);
                }
            }
        }
    }

    private Result reference(String model, String target, List<String> options) {
        Path data = shared.resolve("golden/esp-ppq/data").resolve(model);
        return run(shared.resolve("golden/esp-ppq/models/" + model + ".onnx"), data.resolve("calib_x.npy"),
                List.of("--scale", "1/255", "--mean", "0.5", "--std", "0.25"), target, options, data.resolve("val_x.npy"),
                List.of("--labels", data.resolve("val_y.npy").toString()), "snr,agreement,top1");
    }

    private static void row(String name, Result result, double nsr, double agreement, double top1, double blocks) {
        System.out.printf(Locale.ROOT, "| %s | %.5f, %.5f, %.2f | %.4f, %.4f | %.4f, %.4f | %s | %d | %.0f |%n", name, result.metric("snr"), nsr,
                result.metric("snr") / nsr, result.metric("agreement"), agreement, result.metric("top1"), top1,
                Double.isNaN(blocks) ? "" : String.format(Locale.ROOT, "%.2f", blocks), result.moved, result.seconds);
    }

    /** Geometric mean of the ratios; blocks are the same and in the same order. */
    private static double ratio(JsonNode ours, JsonNode theirs) {
        double sum = 0;
        for (int i = 0; i < theirs.size(); i++) {
            sum += Math.log(ours.get(i).get("lossAfter").asDouble() / theirs.get(i).asDouble());
        }
        return ours.size() == theirs.size() ? Math.exp(sum / theirs.size()) : Double.NaN;
    }

    private void realNetworks(String part) {
        System.out.println();
        System.out.println("| network, target | chip, fake-quantized and float on the same samples | exponents moved | s |");
        System.out.println("|---|---|---|---|");
        List<String> wide = new ArrayList<>();
        for (int i = 1; i <= 13; i++) {
            wide.addAll(List.of("--set", "dispatching_table.conv_dw_" + i + "=16"));
        }
        for (String target : List.of("esp32s3", "esp32p4")) {
            real(part, "resnet8_cifar10 " + target, "eval2.npy", target, List.of(), List.of("--scale", "1"), List.of("--labels", "labels2.npy"), "agreement,top1,snr");
            real(part, "dscnn_kws " + target, "eval.npy", target, List.of(), List.of(), List.of("--labels", "labels.npy"), "agreement,top1,snr");
            real(part, "autoencoder_toycar " + target, "eval.npy", target, List.of(), List.of(),
                    List.of("--labels", "labels.npy", "--groups", "eval_groups.npy"), "spearman,auc,snr");
            real(part, "mobilenetv1_025_imagenet " + target, "eval.npy", target, List.of(), List.of("--scale", "1/127.5", "--mean", "1"),
                    List.of("--labels", "labels.npy"), "agreement,top1,snr");
        }
        real(part, "mobilenetv1_025_imagenet esp32s3 depthwise 16", "eval.npy", "esp32s3", wide, List.of("--scale", "1/127.5", "--mean", "1"),
                List.of("--labels", "labels.npy"), "agreement,top1,snr");
    }

    private void real(String part, String name, String data, String target, List<String> options, List<String> preprocessing, List<String> truth, String metrics) {
        if (!name.contains(part)) {
            return;
        }
        Path home = shared.resolve("models/" + name.substring(0, name.indexOf(' ')));
        List<String> located = truth.stream().map(word -> word.startsWith("--") ? word : home.resolve(word).toString()).toList();
        Result result = run(home.resolve("model.onnx"), home.resolve("calib.npy"), preprocessing, target, options, home.resolve(data), located, metrics);
        StringBuilder figures = new StringBuilder();
        result.metrics.properties().forEach(metric -> {
            figures.append(figures.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%s %.4f", metric.getKey(), metric.getValue().asDouble()));
            if (result.ofFloat.has(metric.getKey())) {
                figures.append(String.format(Locale.ROOT, " (float %.4f)", result.ofFloat.get(metric.getKey()).asDouble()));
            }
        });
        System.out.printf(Locale.ROOT, "| %s | %s | %d | %.0f |%n", name, figures, result.moved, result.seconds);
    }

    private record Result(JsonNode metrics, JsonNode ofFloat, JsonNode blocks, int moved, double seconds) {
        double metric(String name) {
            return metrics.get(name).asDouble();
        }
    }

    private Result run(Path model, Path calibration, List<String> preprocessing, String target, List<String> options, Path data, List<String> truth, String metrics) {
        Path file = folder.resolve("model.espdl");
        List<String> quantize = new ArrayList<>(List.of("quantize", model.toString(), "--calib", calibration.toString(), "--target", target, "--tqt", "--json",
                "-o", file.toString()));
        quantize.addAll(preprocessing);
        quantize.addAll(options);
        quantize.addAll(more);
        JsonNode quantized = command(quantize);
        List<String> evaluate = new ArrayList<>(List.of("evaluate", file.toString(), "--data", data.toString(), "--reference", model.toString(), "--json",
                "--metric", metrics));
        evaluate.addAll(preprocessing);
        evaluate.addAll(truth);
        JsonNode chip = command(evaluate).get("metrics");
        List<String> absolute = Arrays.stream(metrics.split(",")).filter(name -> name.equals("top1") || name.equals("auc")).toList();
        List<String> original = new ArrayList<>(List.of("evaluate", model.toString(), "--data", data.toString(), "--json", "--metric", String.join(",", absolute)));
        original.addAll(preprocessing);
        original.addAll(truth);
        return new Result(chip, command(original).get("metrics"), quantized.get("blocks"), quantized.get("exponentsMoved").asInt(),
                quantized.get("seconds").get("total").asDouble());
    }

    private static JsonNode command(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(arguments.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
        if (exit != 0) {
            throw new IllegalStateException(String.join(" ", arguments) + ": " + exit + ": " + err.toString().strip());
        }
        try {
            return JSON.readTree(out.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
