package io.github.bitgrain.quantizer;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.calibrate.ActivationCalibration;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.calibrate.MaskedScores;
import io.github.bitgrain.quantizer.calibrate.ParameterCalibration;
import io.github.bitgrain.quantizer.calibrate.SequentialCalibration;
import io.github.bitgrain.quantizer.plan.Alignment;
import io.github.bitgrain.quantizer.plan.ExponentRepair;
import io.github.bitgrain.quantizer.plan.FixedExponents;
import io.github.bitgrain.quantizer.plan.Fusion;
import io.github.bitgrain.quantizer.plan.PassiveScales;
import io.github.bitgrain.quantizer.plan.PlanCreation;
import java.util.function.IntConsumer;

/** From a float network and samples to a consistent plan: the plan passes in ESP-PPQ's order (its quantization pipeline). */
final class Calibration {
    private Calibration() {}

    /**
     * The calibrated plan.
     *
     * @param model network after the graph passes
     * @param progress hears how many of {@code 2 * batches.count()} runs are done
     */
    static QuantPlan plan(Model model, Batches batches, QuantizationOptions options, IntConsumer progress) {
        Graph graph = model.graph();
        QuantPlan plan = PlanCreation.create(graph, options.target(), options.bits(), options.bitsIn(graph), options.calibration());
        plan = Fusion.apply(graph, plan);
        plan = ParameterCalibration.apply(graph, model.parameters(), plan, options.profile());
        if (!options.sequential()) {
            plan = ActivationCalibration.apply(model, plan, batches, options.profile(), options.threads(), progress);
        }
        if (!options.profile().isParity()) {
            plan = MaskedScores.apply(model, plan, batches, options.threads());
        }
        plan = FixedExponents.apply(graph, plan, options.fixedScales(), options.profile());
        plan = Alignment.apply(graph, plan, options.profile());
        if (options.sequential()) {
            // Behind the others: what follows must see the exponents that are in force in the end.
            plan = SequentialCalibration.apply(model, plan, batches, options.profile(), options.threads(), progress);
        }
        if (!options.profile().isParity()) {
            plan = ExponentRepair.apply(graph, plan);
        }
        return PassiveScales.apply(graph, plan);
    }
}
