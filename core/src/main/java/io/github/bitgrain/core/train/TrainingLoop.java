package io.github.bitgrain.core.train;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * The training loop: batch, loss and gradients, update, again. Deterministic: what a run does follows from its arguments
 * alone. A loop runs once.
 */
public final class TrainingLoop {
    private final GradientStep gradientStep;
    private final Optimizer optimizer;
    private IntConsumer beforeUpdate = step -> { };
    private StepListener listener = (step, loss) -> true;
    private Parameters.Snapshot best;
    private int every;
    private DoubleSupplier score;

    /** Hears of every step. */
    @FunctionalInterface
    public interface StepListener {
        /**
         * Called after the update.
         *
         * @param step the step, from 0
         * @param loss the batch's loss before the update
         * @return whether to go on
         */
        boolean after(int step, float loss);
    }

    /** Computes the loss of a step's batch and the gradients that the optimizer reads. */
    @FunctionalInterface
    public interface GradientStep {
        /** The loss of the batch of a step, from 0, as {@link GradientExecutor#step}. */
        float step(int step);
    }

    /**
     * What happened.
     *
     * @param losses loss of each step's batch before its update
     * @param bestStep number of updates after which the kept state was best; -1 when no state was kept
     * @param bestScore its score; NaN when no state was kept
     */
    public record History(float[] losses, int bestStep, double bestScore) {}

    /**
     * A loop.
     *
     * @param batches the graph inputs of each step
     */
    public TrainingLoop(GradientExecutor executor, Optimizer optimizer, IntFunction<Map<String, Tensor>> batches) {
        this(step -> executor.step(batches.apply(step)), optimizer);
    }

    /** A loop whose gradients come from several executors, for example because batches differ in size. */
    public TrainingLoop(GradientStep gradientStep, Optimizer optimizer) {
        this.gradientStep = gradientStep;
        this.optimizer = optimizer;
    }

    /** Something to do between gradients and update, for example adding a regularizer's gradient. */
    public TrainingLoop beforeUpdate(IntConsumer action) {
        beforeUpdate = Objects.requireNonNull(action);
        return this;
    }

    /** Who hears of every step and may end the run. */
    public TrainingLoop listener(StepListener newListener) {
        listener = Objects.requireNonNull(newListener);
        return this;
    }

    /**
     * Ends the run in the best state seen.
     *
     * @param snapshot of all that training changes
     * @param interval updates between two looks; the state before the first and after the last update is always looked at
     * @param lowerIsBetter score of the present state; the earliest of equals is kept
     */
    public TrainingLoop keepBest(Parameters.Snapshot snapshot, int interval, DoubleSupplier lowerIsBetter) {
        if (interval < 1) {
            throw new IllegalArgumentException("an interval of " + interval + " steps");
        }
        best = Objects.requireNonNull(snapshot);
        every = interval;
        score = Objects.requireNonNull(lowerIsBetter);
        return this;
    }

    /**
     * Runs.
     *
     * @throws BitgrainException (bad input) when the loss is not finite
     */
    public History run(int steps) {
        float[] losses = new float[steps];
        int bestStep = -1;
        double bestScore = Double.NaN;
        int done = 0;
        boolean goOn = true;
        while (true) {
            boolean last = done == steps || !goOn;
            if (best != null && (last || done % every == 0)) {
                double now = score.getAsDouble();
                if (bestStep < 0 || now < bestScore) {
                    bestScore = now;
                    bestStep = done;
                    best.take();
                }
            }
            if (last) {
                break;
            }
            float loss = gradientStep.step(done);
            if (!Float.isFinite(loss)) {
                throw BitgrainException.badInput("training diverged: loss " + loss + " at step " + done
                        + "; check the data for NaN or choose a smaller learning rate");
            }
            losses[done] = loss;
            beforeUpdate.accept(done);
            optimizer.update(done);
            goOn = listener.after(done, loss);
            done++;
        }
        if (best != null) {
            best.restore();
        }
        return new History(Arrays.copyOf(losses, done), bestStep, bestScore);
    }
}
