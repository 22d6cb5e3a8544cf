package io.github.bitgrain.benchmarks;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How soon a process runs MobileNetV2 (224×224, one image, one thread) at 90 % of its steady speed: seconds from the first image
 * on, by the clock, until the median of {@link #WINDOW} images is that fast for the first time. Compilers need a processor of
 * their own; an idle machine is needed.
 */
public final class WarmUp {
    private static final int WINDOW = 11;
    private static final double SECONDS = 15;
    private static final double SHARE = 0.9;

    private WarmUp() {}

    /** Runs for fifteen seconds and prints a line. */
    public static void main(String[] arguments) {
        Model model = BenchmarkNetworks.mobileNetV2(224, 1);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        model.graph().inputs().forEach((name, shape) -> inputs.put(name, new Tensor(shape, Implementations.noise(shape.size()))));
        double[] ends = new double[100_000];
        double[] times = new double[ends.length];
        int runs = 0;
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().threads(1))) {
            long start = System.nanoTime();
            while (runs < ends.length && (runs == 0 || ends[runs - 1] < SECONDS)) {
                long before = System.nanoTime();
                executor.run(inputs);
                times[runs] = (System.nanoTime() - before) / 1e6;
                ends[runs++] = (System.nanoTime() - start) / 1e9;
            }
        }
        double steady = median(times, runs / 2, runs);
        int reached = WINDOW;
        while (reached < runs && median(times, reached - WINDOW, reached) > steady / SHARE) {
            reached++;
        }
        System.out.printf("first image %.0f ms, steady %.2f ms, 90 %% of the steady speed after %.2f s and %d images%n", times[0], steady,
                ends[reached - 1], reached);
    }

    private static double median(double[] values, int from, int to) {
        double[] sorted = Arrays.copyOfRange(values, from, to);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
