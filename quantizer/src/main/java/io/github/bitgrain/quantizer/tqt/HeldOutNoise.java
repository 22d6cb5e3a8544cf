package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.OutputError;
import java.util.List;
import java.util.Map;

/** How far a twin's results are from the float network's on samples that changed nothing in it; the last word on every pass. */
final class HeldOutNoise {
    private final QuantizedTwin twin;
    private final List<Map<String, Tensor>> batches;
    private final List<Map<String, Tensor>> targets;
    private final int threads;

    /**
     * Runs the float network.
     *
     * @param reference what the twin should compute
     */
    HeldOutNoise(Model reference, QuantizedTwin twin, List<Map<String, Tensor>> batches, int threads) {
        this.twin = twin;
        this.batches = batches;
        this.threads = threads;
        try (Executor executor = executor(reference)) {
            targets = batches.stream().map(executor::run).toList();
        }
    }

    private Executor executor(Model model) {
        return new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(twin.judged()).threads(threads));
    }

    /** The float network's results, a map for each batch. */
    List<Map<String, Tensor>> targets() {
        return targets;
    }

    /** {@link OutputError.Noise#score} of the twin as it is now. */
    double now() {
        try (Executor executor = executor(twin.quantized())) {
            return OutputError.noise(executor, batches, targets).score();
        }
    }

    /**
     * What a pass came to.
     *
     * @param noise after the pass
     * @param kept whether the twin is as the pass left it
     */
    record Trial(double noise, boolean kept) {}

    /**
     * Does what changes the twin, and takes it back if the noise grows.
     *
     * @param before the noise as it is now
     */
    Trial keepIfNotWorse(double before, Runnable pass) {
        QuantizedTwin.State state = twin.state();
        pass.run();
        double noise = now();
        boolean kept = noise <= before;
        if (!kept) {
            state.restore();
        }
        return new Trial(noise, kept);
    }
}
