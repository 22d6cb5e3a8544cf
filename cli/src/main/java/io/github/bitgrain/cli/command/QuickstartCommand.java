package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.example.McNemar;
import io.github.bitgrain.cli.example.StrokeData;
import io.github.bitgrain.cli.example.StrokeImages;
import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.LaneCheck;
import io.github.bitgrain.cli.pipeline.Outcome;
import io.github.bitgrain.cli.pipeline.OutcomeText;
import io.github.bitgrain.cli.pipeline.PeakMemory;
import io.github.bitgrain.cli.pipeline.Quantization;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.pipeline.Request;
import io.github.bitgrain.cli.pipeline.Stopwatch;
import io.github.bitgrain.cli.report.HtmlReport;
import io.github.bitgrain.cli.report.Reports;
import io.github.bitgrain.cli.settings.QuantizationSettings;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job on an embedded network and data that the project draws itself. */
@Command(
        name = "quickstart",
        header = "Runs the whole main job on an embedded example: float, PTQ, TQT, simulated chip, .espdl and report.",
        description = {
            "A small network that names hand-drawn figures is quantized for the ESP32-S3 and measured on 4,096 pictures that",
            "neither its training nor the calibration has seen. PTQ is the best of the four calibration algorithms as ESP-PPQ",
            "has them; TQT is what 'quantize --tqt' does by default."
        },
        footer = {"  bitgrain quickstart --out quickstart"})
public final class QuickstartCommand extends CliCommand {
    private static final int EVALUATED = 4096;
    private static final int CALIBRATED = 512;
    private static final int BATCH = 32;
    private static final int BITS = 8;
    private static final Target TARGET = Target.ESP32S3;
    private static final String METRIC = "top1";

    @Option(names = "--out", defaultValue = "quickstart", paramLabel = "DIR", description = "Folder for strokes.espdl and report.html. Default: quickstart.")
    private Path folder;

    @Option(names = "--threads", paramLabel = "N", description = "Number of threads. Results do not depend on it. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    private DataSource pictures;
    private int[] labels;
    private Progress progress;

    @Override
    public Integer call() {
        if (threads < 1) {
            throw BitgrainException.usage("--threads: " + threads + " is less than 1");
        }
        prepareFolder();
        Stopwatch watch = new Stopwatch();
        progress = progress();
        Model model = watch.time("load", StrokeData::model);
        DataSource calibration = watch.time("load", () -> StrokeData.pictures(Split.CALIBRATION, CALIBRATED));
        pictures = watch.time("load", () -> StrokeData.pictures(Split.EVALUATION, EVALUATED));
        labels = StrokeData.labels(Split.EVALUATION, EVALUATED);
        boolean[] ptq = bestOfFour(model, calibration, watch);

        Request request = new Request(TARGET, BITS, Profile.IMPROVED,
                QuantizationSettings.binder(Profile.IMPROVED).set("tqt_optimization=true").settings(), BATCH, 0, 0, threads);
        Quantized quantized = new Quantization(request, progress, watch).run(model, calibration);
        LoweredModel lowered = watch.time("lower", () -> Lowering.lower(quantized.tuned(), quantized.tunedPlan(), LoweringOptions.IMPROVED));
        boolean[] tqt = watch.time("simulate", () -> correct("tqt", new FloatNetwork(
                FakeQuantization.insert(quantized.tuned(), quantized.tunedPlan()), threads)));
        boolean[] chip = watch.time("simulate", () -> correct("simulate", new ChipNetwork(lowered.program(), TARGET, threads)));
        Map<String, Double> accuracy = new LinkedHashMap<>();
        accuracy.put("float", watch.time("simulate", () -> share(correct("float", new FloatNetwork(model, threads)))));
        accuracy.put("ptq", share(ptq));
        accuracy.put("tqt", share(tqt));
        accuracy.put("chip", share(chip));

        ChipProgram program = watch.time("export", () -> Export.withTestVectors(lowered, calibration));
        List<String> warnings = watch.time("simulate", () -> LaneCheck.warnings(lowered, TARGET, calibration));
        quantized.coarser().forEach(layer -> note(layer.text()));
        warnings.forEach(this::warn);
        Path file = folder.resolve("strokes.espdl");
        Boolean bitExact = watch.time("export", () -> Export.write(program, TARGET, file));
        Outcome outcome = new Outcome(StrokeData.MODEL, TARGET.id(), BITS, "improved", watch.seconds(), accuracy,
                quantized.exponentsMoved(), quantized.blocks(), file.toString(), bitExact, PeakMemory.mebibytes(), warnings, quantized.coarser(), null, null,
                quantized.latency(), null, null);
        writeReport(outcome, quantized, lowered, calibration);
        print(outcome, () -> printText(outcome, ptq, tqt));
        return Boolean.TRUE.equals(bitExact) ? 0 : BitgrainException.Kind.CHECK_FAILED.exitCode();
    }

    private void prepareFolder() {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new BitgrainException(BitgrainException.Kind.CANNOT_WRITE, "--out " + folder + ": the folder cannot be made", e);
        }
        WholeFile.check(folder.resolve("strokes.espdl"));
    }

    /** PTQ as the reference tool does it, by whichever of its algorithms names most pictures correctly. */
    private boolean[] bestOfFour(Model model, DataSource calibration, Stopwatch watch) {
        boolean[] best = null;
        for (QuantizationSettings.Algorithm algorithm : QuantizationSettings.Algorithm.values()) {
            if (!algorithm.isIn(Profile.PARITY)) {
                continue;
            }
            String name = algorithm.name().toLowerCase(Locale.ROOT);
            Request request = new Request(TARGET, BITS, Profile.PARITY,
                    QuantizationSettings.binder(Profile.PARITY).set("quantize_activation_setting.calib_algorithm=" + name).settings(),
                    BATCH, 0, 0, threads);
            Quantized quantized = new Quantization(request, progress, watch).run(model, calibration);
            boolean[] correct = watch.time("simulate", () -> correct("ptq " + name, new FloatNetwork(
                    FakeQuantization.insert(quantized.calibrated(), quantized.calibratedPlan()), threads)));
            if (best == null || share(correct) > share(best)) {
                best = correct;
            }
        }
        return best;
    }

    /** Which pictures the network names correctly; ties go to the lowest class. */
    private boolean[] correct(String task, Network network) {
        boolean[] correct = new boolean[EVALUATED];
        progress.begin(task, EVALUATED + " pictures", EVALUATED);
        try (network) {
            for (int first = 0; first < EVALUATED; first += network.batch()) {
                int count = Math.min(network.batch(), EVALUATED - first);
                Tensor logits = network.run(pictures.read(first, count)).values().iterator().next();
                for (int i = 0; i < count; i++) {
                    correct[first + i] = largest(logits.data(), i * StrokeImages.CLASSES) == labels[first + i];
                }
                progress.step(first + count);
            }
        }
        progress.end();
        return correct;
    }

    private static int largest(float[] logits, int from) {
        int best = 0;
        for (int c = 1; c < StrokeImages.CLASSES; c++) {
            best = logits[from + c] > logits[from + best] ? c : best;
        }
        return best;
    }

    private static double share(boolean[] correct) {
        int count = 0;
        for (boolean one : correct) {
            count += one ? 1 : 0;
        }
        return (double) count / correct.length;
    }

    private void writeReport(Outcome outcome, Quantized quantized, LoweredModel lowered, DataSource calibration) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("target", TARGET.id());
        settings.put("bits", BITS);
        settings.put("profile", "improved");
        settings.put("calib_batch", BATCH);
        settings.putAll(QuantizationSettings.binder(Profile.IMPROVED).set("tqt_optimization=true").tree());
        String page = HtmlReport.of(Reports.of(outcome, METRIC, quantized, lowered, TARGET, settings, calibration, threads));
        WholeFile.write(folder.resolve("report.html"), out -> out.write(page.getBytes(StandardCharsets.UTF_8)));
    }

    private void printText(Outcome outcome, boolean[] ptq, boolean[] tqt) {
        OutcomeText.print(outcome, METRIC, out());
        int onlyPtq = 0;
        int onlyTqt = 0;
        for (int i = 0; i < ptq.length; i++) {
            onlyPtq += ptq[i] && !tqt[i] ? 1 : 0;
            onlyTqt += tqt[i] && !ptq[i] ? 1 : 0;
        }
        double lost = outcome.accuracy().get("float") - outcome.accuracy().get("ptq");
        double won = outcome.accuracy().get("tqt") - outcome.accuracy().get("ptq");
        out().printf(Locale.ROOT, "PTQ loses %.2f points, TQT wins back %.2f of them (McNemar p = %.2g).%n",
                100 * lost, 100 * won, McNemar.probability(onlyPtq, onlyTqt));
        out().printf("See %s and: bitgrain inspect %s%n", folder.resolve("report.html"), outcome.output());
    }
}
