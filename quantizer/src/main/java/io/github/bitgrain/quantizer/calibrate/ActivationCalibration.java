package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.Profile;
import java.util.function.IntConsumer;

/**
 * Scales of activations from samples: one pass, and a second one for observers that need it. Weights are quantized meanwhile,
 * activations are not.
 */
public final class ActivationCalibration {
    private ActivationCalibration() {}

    /**
     * The plan with the exponents of all activations that wait for calibration.
     *
     * @param progress hears after each batch how many are done, of {@code passes * batches.count()}
     */
    public static QuantPlan apply(Model model, QuantPlan plan, Batches batches, Profile profile, int threads, IntConsumer progress) {
        Observations observations = new Observations(model.graph(), plan, Observations.waiting(plan), profile);
        Model weightsQuantized = FakeQuantization.insert(model, plan);
        Executor.Options options = Executor.Options.defaults().threads(threads).observe(observations.values(), observations::observe);
        int done = 0;
        try (Executor executor = new Executor(weightsQuantized.graph(), weightsQuantized.parameters(), options)) {
            for (int i = 0; i < batches.count(); i++) {
                executor.run(batches.get(i));
                progress.accept(++done);
            }
            if (observations.startSecondPhase()) {
                for (int i = 0; i < batches.count(); i++) {
                    executor.run(batches.get(i));
                    progress.accept(++done);
                }
            }
        }
        QuantPlan.Builder edit = plan.edit();
        observations.write(edit);
        return edit.build();
    }
}
