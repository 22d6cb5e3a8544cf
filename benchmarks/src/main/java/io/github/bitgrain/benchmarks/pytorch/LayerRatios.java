package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.GradientCollector;
import io.github.bitgrain.benchmarks.ConvolutionBenchmark;
import io.github.bitgrain.benchmarks.Interleaved;
import java.util.Locale;

/**
 * Training steps of single layers (forward pass, gradients for input, weights and bias) against eager PyTorch, in turn in one
 * process: one thread, its processor time. The layers are those of ESP-class networks.
 */
public final class LayerRatios {
    private LayerRatios() {}

    /** Prints a table in Markdown. */
    public static void main(String[] arguments) {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.out.println("| layer | ours: forward, step ms | PyTorch: forward, step ms | speed ÷ PyTorch: forward, step |");
        System.out.println("|---|---|---|---|");
        for (String layer : ConvolutionBenchmark.TRAINED_LAYERS) {
            ConvolutionBenchmark ours = ConvolutionBenchmark.of("vector", layer);
            try (TorchLayer theirs = new TorchLayer(layer)) {
                double[] times = new Interleaved(false, 3, 15, 0.1).microseconds(ours::forward, ours::step, theirs::forward, theirs::step);
                System.out.printf(Locale.ROOT, "| %s | %.2f, %.2f | %.2f, %.2f | %.2f, %.2f |%n", layer, times[0] / 1e3, times[1] / 1e3, times[2] / 1e3,
                        times[3] / 1e3, times[2] / times[0], times[3] / times[1]);
            }
        }
    }

    /** A convolution in PyTorch with everything it needs in native memory. */
    private static final class TorchLayer implements AutoCloseable {
        private final NDManager manager = NDManager.newBaseManager("PyTorch");
        private final NDArray x;
        private final NDArray w;
        private final NDArray bias;
        private final Shape stride;
        private final Shape padding;
        private final int groups;

        TorchLayer(String layer) {
            String[] words = layer.split(" ");
            int in = Integer.parseInt(words[1]);
            int out = Integer.parseInt(words[2]);
            int kernel = Integer.parseInt(words[3]);
            int size = Integer.parseInt(words[5]);
            groups = words[0].equals("depthwise") ? in : 1;
            stride = new Shape(Integer.parseInt(words[4]), Integer.parseInt(words[4]));
            padding = new Shape(kernel / 2, kernel / 2);
            x = manager.randomNormal(new Shape(Integer.parseInt(words[6]), in, size, size));
            w = manager.randomNormal(new Shape(out, in / groups, kernel, kernel));
            bias = manager.randomNormal(new Shape(out));
            for (NDArray trained : new NDArray[] {x, w, bias}) {
                trained.setRequiresGradient(true);
            }
        }

        void forward() {
            try (NDManager results = manager.newSubManager()) {
                convolve(results);
            }
        }

        void step() {
            try (NDManager results = manager.newSubManager(); GradientCollector gradients = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray y = convolve(results);
                gradients.backward(y);
            }
        }

        private NDArray convolve(NDManager results) {
            NDList y = Conv2d.conv2d(x, w, bias, stride, padding, new Shape(1, 1), groups);
            y.attach(results);
            return y.singletonOrThrow();
        }

        @Override
        public void close() {
            manager.close();
        }
    }
}
