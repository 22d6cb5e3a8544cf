package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
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

    /** Does what changes weights, and takes it back if the noise grows. */
    boolean keptIfNotWorse(Runnable pass) {
        double before = now();
        Parameters.Snapshot weights = twin.parameters().snapshot();
        pass.run();
        boolean kept = now() <= before;
        if (!kept) {
            weights.restore();
        }
        return kept;
    }
}
