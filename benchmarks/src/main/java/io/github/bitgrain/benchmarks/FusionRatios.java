package io.github.bitgrain.benchmarks;

import java.util.Locale;

/** What fake quantization of its results adds to the time of a convolution, in the same pass and afterwards: one thread, its processor time, in turn. */
public final class FusionRatios {
    private FusionRatios() {}

    /** Prints a table in Markdown. */
    public static void main(String[] arguments) {
        System.out.println("| layer | convolution ms | with fake quantization half to even, half up ÷ alone | afterwards ÷ alone |");
        System.out.println("|---|---|---|---|");
        for (String layer : ConvolutionBenchmark.TRAINED_LAYERS) {
            ConvolutionBenchmark benchmark = ConvolutionBenchmark.of("vector", layer);
            double[] times = new Interleaved(false, 2, 15, 0.1).microseconds(benchmark::sums, benchmark::quantizedHalfEven, benchmark::quantizedHalfUp,
                    benchmark::quantizedAfterwards);
            System.out.printf(Locale.ROOT, "| %s | %.2f | %.2f, %.2f | %.2f |%n", layer, times[0] / 1e3, times[1] / times[0], times[2] / times[0],
                    times[3] / times[0]);
        }
    }
}
