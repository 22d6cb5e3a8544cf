package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.quantizer.calibrate.ActivationCalibration;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.calibrate.ParameterCalibration;
import io.github.bitgrain.quantizer.equalize.RangeEqualization;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.quantizer.plan.Alignment;
import io.github.bitgrain.quantizer.plan.ExponentRepair;
import io.github.bitgrain.quantizer.plan.Fusion;
import io.github.bitgrain.quantizer.plan.PassiveScales;
import io.github.bitgrain.quantizer.plan.PlanCreation;
import io.github.bitgrain.quantizer.tqt.Tqt;
import io.github.bitgrain.quantizer.tqt.TqtResult;
import io.github.bitgrain.quantizer.tqt.TqtSetting;
import java.util.List;
import java.util.Locale;

/** Float network → calibrated and, if wanted, trained plan, with progress. */
public final class Quantization {
    /** The algorithm does not matter where only bits are asked for. */
    private static final String ANY = "minmax";

    private final Request request;
    private final Progress progress;
    private final Stopwatch watch;

    /**
     * @param watch gets the seconds of calibration and training
     */
    public Quantization(Request request, Progress progress, Stopwatch watch) {
        this.request = request;
        this.progress = progress;
        this.watch = watch;
    }

    /**
     * Quantizes.
     *
     * @throws BitgrainException if the network, the data or the settings do not allow it
     */
    public Quantized run(Model network, DataSource calibration) {
        Model model = watch.time("calibrate", () -> prepare(network, calibration));
        Batches batches = request.calibSteps() == 0
                ? Batches.all(calibration, request.calibBatch())
                : new Batches(calibration, request.calibBatch(), request.calibSteps());
        QuantPlan plan = watch.time("calibrate", () -> calibrate(model, batches));
        if (!request.settings().tqtOptimization()) {
            return new Quantized(model, plan, model, plan, List.of(), 0, false, model);
        }
        TqtResult trained = watch.time("tqt", () -> train(model, plan, batches));
        List<Outcome.Block> blocks = trained.blocks().stream()
                .map(block -> new Outcome.Block(block.name(), block.lossBefore(), block.lossAfter()))
                .toList();
        return new Quantized(model, plan, trained.model(), trained.plan(), blocks, trained.exponentsMoved(), true, trained.reference());
    }

    private TqtResult train(Model model, QuantPlan plan, Batches batches) {
        TqtSetting setting = request.settings().tqtOptimizationSetting();
        TrainingProgress listener = new TrainingProgress(progress);
        TqtResult result = request.profile().isParity()
                ? Tqt.parity(model, plan, batches, setting, listener, request.threads())
                : Tqt.improved(model, plan, batches, network -> calibrate(network, batches), setting, listener, request.threads());
        listener.end();
        return result;
    }

    private Model prepare(Model network, DataSource calibration) {
        Model model = GraphPasses.apply(network);
        if (!request.settings().equalization()) {
            return model;
        }
        if (request.profile().isParity()) {
            throw BitgrainException.usage("equalization: comes with a later version under --profile parity; use the profile improved");
        }
        QuantPlan bits = PlanCreation.create(model.graph(), request.target(), request.bits(), request.settings().bitsByOperator(), ANY);
        return RangeEqualization.apply(
                model, calibration, request.calibBatch(), request.target(), bits::bits, request.threads()).model();
    }

    private QuantPlan calibrate(Model model, Batches batches) {
        String algorithm = request.settings().quantizeActivationSetting().calibAlgorithm().name().toLowerCase(Locale.ROOT);
        QuantPlan plan = PlanCreation.create(
                model.graph(), request.target(), request.bits(), request.settings().bitsByOperator(), algorithm);
        plan = Fusion.apply(model.graph(), plan);
        plan = ParameterCalibration.apply(model.graph(), model.parameters(), plan, request.profile());
        progress.begin("calibrate", batches.count() + " batches", 2L * batches.count());
        plan = ActivationCalibration.apply(model, plan, batches, request.profile(), request.threads(), progress::step);
        progress.end();
        plan = Alignment.apply(model.graph(), plan);
        if (!request.profile().isParity()) {
            plan = ExponentRepair.apply(model.graph(), plan);
        }
        return PassiveScales.apply(model.graph(), plan);
    }
}
