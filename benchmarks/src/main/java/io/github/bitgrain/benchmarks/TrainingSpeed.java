package io.github.bitgrain.benchmarks;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.qat.LearningRate;
import io.github.bitgrain.quantizer.qat.Loss;
import io.github.bitgrain.quantizer.qat.ModuleTrainee;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import io.github.bitgrain.quantizer.qat.Trainer;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingListener;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** Time of steps of quantization-aware training of a classifier on synthetic data, one thread. */
public final class TrainingSpeed {
    /** Samples of a step. */
    public static final int BATCH = 32;
    /** Steps that count. */
    public static final int STEPS = 64;
    private static final double NANO = 1e-9;

    private TrainingSpeed() {}

    /**
     * Measures: an epoch of {@value #STEPS} steps to warm up, then another.
     *
     * @param arguments ONNX file
     */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: TrainingSpeed MODEL.onnx");
            System.exit(2);
        }
        Workload work = Workload.of(Path.of(arguments[0]));
        System.out.printf(Locale.ROOT, "%s: %d steps, batch %d: %.2f s of processor time%n", arguments[0], STEPS, BATCH, seconds(work));
    }

    /**
     * A network and what it is trained on.
     *
     * @param network network
     * @param x normal numbers, a row for each sample of {@link #STEPS} batches
     * @param y classes
     */
    public record Workload(Model network, Tensor x, Tensor y) {
        /** The network of an ONNX file with synthetic data. */
        public static Workload of(Path file) {
            Model network = GraphPasses.apply(OnnxReader.read(file));
            Random random = new Random(1);
            Tensor x = Tensor.zeros(network.graph().inputs().values().iterator().next().with(0, BATCH * STEPS));
            for (int i = 0; i < x.size(); i++) {
                x.data()[i] = (float) random.nextGaussian();
            }
            Tensor y = Tensor.zeros(Shape.of(BATCH * STEPS));
            for (int i = 0; i < y.size(); i++) {
                y.data()[i] = random.nextInt(2);
            }
            return new Workload(network, x, y);
        }
    }

    /** Processor time of {@link #STEPS} steps after as many to warm up, compilers included. */
    public static double seconds(Workload work) {
        Tensor y = work.y();
        TrainingData data = new TrainingData(DataSource.of(Map.of(work.network().graph().inputs().keySet().iterator().next(), work.x())), y);
        GraphModule module = Quantization.ptq(GraphModule.of(work.network()), null, data.inputs(), BATCH, QuantizationParams.DEFAULT, 1);
        com.sun.management.OperatingSystemMXBean system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long[] times = new long[2];
        TrainingListener clock = new TrainingListener() {
            @Override
            public void step(int done, int all, float loss, double rate) {
                if (done == STEPS + 1) {
                    times[0] = system.getProcessCpuTime();
                } else if (done == all) {
                    times[1] = system.getProcessCpuTime();
                }
            }
        };
        TrainingParams params = TrainingParams.of(2, BATCH, Loss.crossEntropy(0), LearningRate.constant(1e-4));
        TrainingData few = new TrainingData(data.inputs().range(0, BATCH), Tensor.vector(java.util.Arrays.copyOf(y.data(), BATCH)));
        new Trainer(new ModuleTrainee(module, null), data, few, params, clock).train();
        return (times[1] - times[0]) * NANO * STEPS / (STEPS - 1);
    }
}
