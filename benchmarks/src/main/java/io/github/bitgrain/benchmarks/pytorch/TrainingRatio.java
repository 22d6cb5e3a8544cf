package io.github.bitgrain.benchmarks.pytorch;

import io.github.bitgrain.benchmarks.TrainingSpeed;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** Quantization-aware training of a classifier against eager PyTorch: the same network, data, batches and optimizer, one thread, in turn. */
public final class TrainingRatio {
    private static final int ROUNDS = 3;
    private static final double NANO = 1e-9;

    private TrainingRatio() {}

    /**
     * Prints the median of {@value #ROUNDS} rounds.
     *
     * @param arguments ONNX file
     */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: TrainingRatio MODEL.onnx");
            System.exit(2);
        }
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        TrainingSpeed.Workload work = TrainingSpeed.Workload.of(Path.of(arguments[0]));
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        try (TorchNetwork torch = new TorchNetwork(work.network())) {
            for (int round = 0; round < ROUNDS; round++) {
                ours[round] = TrainingSpeed.seconds(work);
                theirs[round] = seconds(torch, work);
            }
        }
        Arrays.sort(ours);
        Arrays.sort(theirs);
        double time = ours[ROUNDS / 2];
        double peer = theirs[ROUNDS / 2];
        System.out.printf(Locale.ROOT, "%d steps, batch %d: %.2f s, PyTorch %.2f s of processor time; time ÷ PyTorch %.2f%n", TrainingSpeed.STEPS,
                TrainingSpeed.BATCH, time, peer, time / peer);
    }

    private static double seconds(TorchNetwork torch, TrainingSpeed.Workload work) {
        steps(torch, work);
        com.sun.management.OperatingSystemMXBean system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long start = system.getProcessCpuTime();
        steps(torch, work);
        return (system.getProcessCpuTime() - start) * NANO;
    }

    private static void steps(TorchNetwork torch, TrainingSpeed.Workload work) {
        int size = TrainingSpeed.BATCH * (work.x().size() / work.x().shape().dim(0));
        Shape images = work.x().shape().with(0, TrainingSpeed.BATCH);
        for (int step = 0; step < TrainingSpeed.STEPS; step++) {
            torch.step(new Tensor(images, Arrays.copyOfRange(work.x().data(), step * size, (step + 1) * size)),
                    Tensor.vector(Arrays.copyOfRange(work.y().data(), step * TrainingSpeed.BATCH, (step + 1) * TrainingSpeed.BATCH)));
        }
    }
}
