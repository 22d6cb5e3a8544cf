package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.lanes.ChipJudge;
import java.util.List;
import java.util.Map;

/**
 * How far a twin's results are from the float network's on samples that changed nothing in it; the last word on every pass. Where lanes
 * limit the twin they are the simulated chip's, else those of fake quantization, which are the same then and faster.
 */
final class HeldOutNoise {
    private final QuantizedTwin twin;
    private final List<Map<String, Tensor>> batches;
    private final List<Map<String, Tensor>> targets;
    private final Model reference;
    private final int threads;
    private ChipJudge chip;

    /**
     * Runs the float network.
     *
     * @param reference what the twin should compute
     */
    HeldOutNoise(Model reference, QuantizedTwin twin, List<Map<String, Tensor>> batches, int threads) {
        this.reference = reference;
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
        return now(twin.isLimited());
    }

    /**
     * {@link OutputError.Noise#score} of the twin as it is now.
     *
     * @param onChip whether the simulated chip computes; what it cannot compute is infinitely far
     */
    double now(boolean onChip) {
        if (onChip) {
            return nowOnChip();
        }
        try (Executor executor = executor(twin.quantized())) {
            return OutputError.noise(executor, batches, targets).score();
        }
    }

    private double nowOnChip() {
        if (chip == null) {
            chip = new ChipJudge(reference, ChipJudge.singly(batches), threads);
        }
        try {
            return chip.noise(twin.current(), twin.plan());
        } catch (BitgrainException e) {
            return Double.POSITIVE_INFINITY;
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
