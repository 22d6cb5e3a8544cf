package io.github.bitgrain.quantizer;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.calibrate.GateExponents;
import io.github.bitgrain.quantizer.equalize.ChannelSplit;
import io.github.bitgrain.quantizer.equalize.LayerEqualization;
import io.github.bitgrain.quantizer.equalize.RangeEqualization;
import io.github.bitgrain.quantizer.equalize.SsdEqualization;
import io.github.bitgrain.quantizer.equalize.WeightSplit;
import io.github.bitgrain.quantizer.lanes.LaneRelief;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.plan.PlanCreation;
import io.github.bitgrain.quantizer.tqt.Tqt;
import io.github.bitgrain.quantizer.tqt.TqtResult;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import io.github.bitgrain.quantizer.tqt.Tuning;
import io.github.bitgrain.quantizer.tqt.TuningPasses;
import java.util.List;

/**
 * The main job as a library call. There is no state beside the arguments: calls from several threads do not meet.
 *
 * <pre>{@code
 * QuantizationResult result = Bitgrain.quantize(network, samples, QuantizationOptions.of(Target.ESP32S3), QuantizationListener.NONE);
 * }</pre>
 */
public final class Bitgrain {
    private Bitgrain() {}

    /**
     * Prepares, calibrates and, if wanted, trains a network.
     *
     * @param network float network; stays as it is
     * @param calibration samples without labels
     * @throws io.github.bitgrain.core.BitgrainException if network, data or options do not allow it
     */
    public static QuantizationResult quantize(
            Model network, DataSource calibration, QuantizationOptions options, QuantizationListener listener) {
        QuantizationResult calibrated = calibrate(network, calibration, options, listener);
        return options.tunes() ? train(calibrated, calibration, options, listener) : calibrated;
    }

    /** The first half of {@link #quantize}: graph passes, equalization, calibration. */
    public static QuantizationResult calibrate(
            Model network, DataSource calibration, QuantizationOptions options, QuantizationListener listener) {
        Model model = prepare(network, calibration, options);
        options.tuning().check(model.graph());
        if (options.tqt()) {
            TuningPasses.requireNodes(model.graph(), "interested_layers", options.tqtSetting().interestedLayers());
        }
        Batches batches = batches(calibration, options);
        QuantPlan plan = plan(model, batches, options, listener);
        LaneRelief lanes = lanes(model, batches, options);
        LaneRelief.Result result = lanes != null && lanes.isNeeded(model, plan) ? lanes.apply(model, plan) : new LaneRelief.Result(plan, List.of());
        return new QuantizationResult(model, result.plan(), model, result.plan(), List.of(), 0, false, model, result.layers());
    }

    /** The second half of {@link #quantize}: threshold training and the passes beside it, of what {@link #calibrate} gave for the same samples and options. */
    public static QuantizationResult train(
            QuantizationResult calibrated, DataSource calibration, QuantizationOptions options, QuantizationListener listener) {
        Model model = calibrated.calibrated();
        QuantPlan plan = calibrated.calibratedPlan();
        Batches batches = batches(calibration, options);
        TqtResult trained = trained(calibrated, batches, options, listener);
        return new QuantizationResult(
                model, plan, trained.model(), trained.plan(), trained.blocks(), trained.exponentsMoved(), true, trained.reference(),
                options.tqt() ? trained.coarser() : calibrated.coarser());
    }

    private static TqtResult trained(QuantizationResult calibrated, Batches batches, QuantizationOptions options, QuantizationListener listener) {
        Model model = calibrated.calibrated();
        QuantPlan plan = calibrated.calibratedPlan();
        TqtSetting tqt = options.tqt() ? options.tqtSetting() : null;
        if (options.profile().isParity()) {
            return Tuning.parity(model, plan, batches, tqt, options.tuning(), listener, options.threads());
        }
        boolean indices = hasIndices(model.graph());
        TuningPasses passes = indices ? options.tuning().withoutMixtures() : options.tuning();
        return tqt == null
                ? Tuning.improved(model, plan, batches, passes, listener, options.threads())
                : Tqt.improved(model, plan, batches, network -> plan(network, batches, options, listener),
                        indices ? tqt.withoutMixtures() : tqt, passes.adaRound(), lanes(model, batches, options), calibrated.coarser(), listener, options.threads());
    }

    /** What gives layers room in their accumulators; null if that is not wanted. */
    private static LaneRelief lanes(Model model, Batches batches, QuantizationOptions options) {
        return options.relievesLanes() ? new LaneRelief(model, batches.used(), options.threads()) : null;
    }

    private static boolean hasIndices(Graph graph) {
        return graph.nodes().stream().anyMatch(node -> node.op() instanceof Embedding);
    }

    private static QuantPlan plan(Model model, Batches batches, QuantizationOptions options, QuantizationListener listener) {
        return Calibration.plan(model, batches, options, done -> listener.calibrated(done, 2 * batches.count()));
    }

    private static Batches batches(DataSource calibration, QuantizationOptions options) {
        Batches batches = options.calibSteps() == 0
                ? Batches.all(calibration, options.calibBatch())
                : new Batches(calibration, options.calibBatch(), options.calibSteps());
        return batches.withSeed(options.seed());
    }

    private static Model enlarged(Model model, WeightPasses passes) {
        Model split = passes.weightSplit() == null ? model : WeightSplit.apply(model, passes.weightSplit());
        return passes.channelSplit() == null ? split : ChannelSplit.apply(split, passes.channelSplit());
    }

    private static Model prepare(Model network, DataSource calibration, QuantizationOptions options) {
        Model passed = GraphPasses.apply(network, options.profile());
        Model gated = options.profile().isParity() ? passed : GateExponents.apply(passed, batches(calibration, options), options.threads());
        Model model = equalized(enlarged(gated, options.weightPasses()), calibration, options);
        if (options.weightPasses().ssd() == null) {
            return model;
        }
        return SsdEqualization.apply(model, options.weightPasses().ssd(), batches(calibration, options).used(), options.calibBatch(),
                (part, batches) -> Calibration.plan(part, batches, options.forPart(part.graph()), done -> { }), options.threads()).model();
    }

    private static Model equalized(Model model, DataSource calibration, QuantizationOptions options) {
        if (!options.equalization()) {
            return model;
        }
        if (options.profile().isParity()) {
            return LayerEqualization.apply(model, options.equalizationSetting(), batches(calibration, options), options.threads());
        }
        QuantPlan bits = PlanCreation.create(model.graph(), options.target(), options.bits(), options.bitsIn(model.graph()), options.calibration());
        return RangeEqualization.apply(model, batches(calibration, options).used(), options.calibBatch(), options.target(), bits::bits, false, options.threads()).model();
    }
}
