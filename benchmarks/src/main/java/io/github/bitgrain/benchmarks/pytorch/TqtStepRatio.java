package io.github.bitgrain.benchmarks.pytorch;

import io.github.bitgrain.benchmarks.Interleaved;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Preprocessing;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.tqt.TqtBlock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A step of TQT under ESP-PPQ's settings against eager PyTorch with unfused fake quantization: block after block, both in turn on the same
 * batches, one thread, its processor time. Stops where they do not compute the same.
 */
public final class TqtStepRatio {
    /** As in ESP-PPQ's recorded runs; steps go through them in turn. */
    private static final int BATCHES = 16;
    private static final double RATE = 1e-5;
    private static final double INT_LAMBDA = 0.25;
    /** Sums in another order move a few values over a rounding threshold. */
    private static final double LOSS_TOLERANCE = 1e-3;
    private static final double GRADIENT_TOLERANCE = 1e-2;
    private static final double WARM_SECONDS = 2;
    private static final int ROUNDS = 9;
    private static final double ROUND_SECONDS = 0.15;

    private TqtStepRatio() {}

    /**
     * Prints the sum over the blocks of medians of {@value #ROUNDS} rounds; takes some minutes.
     *
     * @param arguments ONNX file, calibration data of one input, target, batch, then {@code --scale}, {@code --mean} and {@code --std} as for
     *     {@code quantize}
     */
    public static void main(String[] arguments) {
        if (arguments.length < 4 || arguments.length % 2 != 0) {
            System.err.println("usage: TqtStepRatio MODEL.onnx CALIB.npy TARGET BATCH [--scale K] [--mean M] [--std S]");
            System.exit(2);
        }
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        Path file = Path.of(arguments[0]);
        int batch = Integer.parseInt(arguments[3]);
        CalibratedNetwork network = calibrated(file, Path.of(arguments[1]), Target.parse(arguments[2]), batch,
                Arrays.asList(arguments).subList(4, arguments.length));
        List<TqtBlock> blocks = network.blocks();
        double ours = 0;
        double theirs = 0;
        double lowest = Double.MAX_VALUE;
        double highest = 0;
        for (TqtBlock block : blocks) {
            double[] times = times(network.prepare(block));
            ours += times[0];
            theirs += times[1];
            lowest = Math.min(lowest, times[1] / times[0]);
            highest = Math.max(highest, times[1] / times[0]);
        }
        System.out.printf(Locale.ROOT, "%s, %s, batch %d: a step of each of %d blocks: %.1f ms, PyTorch %.1f ms of processor time; "
                + "speed ÷ PyTorch %.2f, by block %.1f to %.1f%n",
                file.getFileName(), arguments[2], batch, blocks.size(), ours, theirs, theirs / ours, lowest, highest);
    }

    private static CalibratedNetwork calibrated(Path file, Path data, Target target, int batch, List<String> options) {
        Map<String, List<String>> values = Map.of("--scale", new ArrayList<>(), "--mean", new ArrayList<>(), "--std", new ArrayList<>());
        for (int i = 0; i < options.size(); i += 2) {
            if (!values.containsKey(options.get(i))) {
                System.err.println("TqtStepRatio: there is no option " + options.get(i));
                System.exit(2);
            }
            values.get(options.get(i)).add(options.get(i + 1));
        }
        Model model = OnnxReader.read(file);
        Map<String, List<Shape>> shapes = new LinkedHashMap<>();
        model.graph().inputs().forEach((name, shape) -> shapes.put(name, List.of(shape.without(0))));
        try (InputData samples = InputData.open(data, shapes, Preprocessing.parse(values.get("--scale"), values.get("--mean"), values.get("--std")))) {
            DataSource used = samples.range(0, Math.min(samples.samples(), BATCHES * batch));
            return new CalibratedNetwork(model, used, target, batch);
        }
    }

    /** Milliseconds of a step here and there. */
    private static double[] times(TrainedBlock block) {
        try (OwnBlock ours = new OwnBlock(block, RATE, INT_LAMBDA); TorchBlock theirs = new TorchBlock(block, RATE, INT_LAMBDA)) {
            requireEqual(block, ours.derivatives(), theirs.derivatives());
            double[] times = new Interleaved(false, WARM_SECONDS, ROUNDS, ROUND_SECONDS).microseconds(ours::step, theirs::step);
            return new double[] {times[0] / 1e3, times[1] / 1e3};
        }
    }

    /** Refuses sides whose losses or gradients, of all weights together or of all thresholds together, differ by more than rounding explains. */
    private static void requireEqual(TrainedBlock block, TrainedBlock.Derivatives ours, TrainedBlock.Derivatives theirs) {
        double loss = Math.abs(ours.loss() - theirs.loss()) / ours.loss();
        double weights = distance(block.weights(), ours, theirs);
        double alphas = distance(block.alphas(), ours, theirs);
        if (!(loss <= LOSS_TOLERANCE && weights <= GRADIENT_TOLERANCE && alphas <= GRADIENT_TOLERANCE)) {
            throw new IllegalStateException(String.format(Locale.ROOT, "%s: PyTorch's loss differs by %.1e, its gradients of weights by %.1e, "
                    + "of thresholds by %.1e", block.graph().name(), loss, weights, alphas));
        }
    }

    /** ‖ours − theirs‖ ÷ ‖ours‖ of some gradients as one vector. */
    private static double distance(List<String> names, TrainedBlock.Derivatives ours, TrainedBlock.Derivatives theirs) {
        double difference = 0;
        double norm = 0;
        for (String name : names) {
            float[] a = ours.gradients().get(name);
            float[] b = theirs.gradients().get(name);
            for (int i = 0; i < a.length; i++) {
                difference += (double) (a[i] - b[i]) * (a[i] - b[i]);
                norm += (double) a[i] * a[i];
            }
        }
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }
}
