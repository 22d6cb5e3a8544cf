package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.quantizer.calibrate.Batches;
import io.github.bitgrain.quantizer.equalize.ChannelMap;
import io.github.bitgrain.quantizer.equalize.RangeEqualization;
import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.quantizer.lanes.LaneRelief;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Trains a calibrated network so that it gives, quantized, what it gives in float. */
public final class Tqt {
    private Tqt() {}

    /**
     * Reproduces ESP-PPQ's pass.
     *
     * @param model float network after the graph passes; stays as it is
     * @param plan calibrated, with passive scales
     * @param batches all calibration batches in order, held in memory
     * @param threads threads of the executors
     */
    public static TqtResult parity(Model model, QuantPlan plan, List<Map<String, Tensor>> batches, TqtSetting setting, TqtListener listener, int threads) {
        return new ParityTqt(new QuantizedTwin(model, plan, true), setting, listener, threads).run(batches);
    }

    /**
     * Reproduces ESP-PPQ's pass.
     *
     * @param model float network after the graph passes; stays as it is
     * @param plan calibrated, with passive scales
     * @param batches calibration batches; every different one is used, in order
     * @param threads threads of the executors
     */
    public static TqtResult parity(Model model, QuantPlan plan, Batches batches, TqtSetting setting, TqtListener listener, int threads) {
        return parity(model, plan, inMemory(batches), setting, listener, threads);
    }

    /**
     * Evens out channel ranges, moves exponents, trains weights, and keeps what samples that train nothing confirm. Never
     * returns a network that is further from the float one, on those samples, than the calibrated one it was given.
     *
     * @param model float network after the graph passes; stays as it is
     * @param plan calibrated, with passive scales
     * @param batches calibration batches
     * @param calibration calibrates another network (the equalized one) as {@code model} was
     * @param rounding AdaRound after training; null: not wanted
     * @param lanes what gives layers room in their accumulators; null: not wanted
     * @param coarser layers that have got room in {@code plan} already
     * @param threads threads of the executors
     * @return a network whose hidden values may be scaled and shifted by channel; block losses are in the units of {@code model}
     */
    public static TqtResult improved(Model model, QuantPlan plan, Batches batches, Function<Model, QuantPlan> calibration, TqtSetting setting,
            AdaRoundSetting rounding, LaneRelief lanes, List<CoarserWeights> coarser, TqtListener listener, int threads) {
        Samples samples = Samples.split(batches, setting.holdOut(), setting.trainedSamples());
        ImprovedTqt plain = new ImprovedTqt(model, model, plan, lanes, coarser, samples, setting, listener, threads);
        double before = plain.judge();
        Map<String, ChannelMap> maps = Map.of();
        ImprovedTqt best = null;
        if (setting.equalize()) {
            RangeEqualization.Result equalized =
                    RangeEqualization.apply(model, batches.used(), batches.size(), plan.target(), plan::bits, setting.shiftPadded(), threads);
            ImprovedTqt run = new ImprovedTqt(model, equalized.model(), calibration.apply(equalized.model()), lanes, List.of(), samples, setting, listener, threads);
            boolean limited = run.run().isLimited();
            if (run.judge() <= (limited ? plain.judge(true) : before)) {
                best = run;
                maps = equalized.maps();
            }
        }
        if (best == null) {
            plain.run();
            best = plain;
        }
        QuantizedTwin twin = best.twin();
        if (rounding != null) {
            Tuning.round(model, twin, batches, rounding, listener, threads);
        }
        List<BlockReport> blocks = reports(model, plan, twin, maps, inMemory(batches), setting, threads);
        SaturatingClips.Result result = SaturatingClips.remove(twin.current(), twin.plan());
        return new TqtResult(result.model(), result.plan(), blocks, ParityTqt.moved(plan, twin.plan()), twin.original(), best.coarser());
    }

    /** All different batches, in order. */
    static List<Map<String, Tensor>> inMemory(Batches batches) {
        List<Map<String, Tensor>> all = new ArrayList<>();
        for (int b = 0; b < Math.min(batches.count(), batches.distinct()); b++) {
            all.add(batches.get(b));
        }
        return all;
    }

    /** Block by block, how far the calibrated and the trained network are from the float one, in its units. */
    private static List<BlockReport> reports(Model model, QuantPlan plan, QuantizedTwin twin, Map<String, ChannelMap> maps,
            List<Map<String, Tensor>> batches, TqtSetting setting, int threads) {
        Graph graph = model.graph();
        List<TqtBlock> blocks = new BlockBuilder(graph).build(node -> plan.isQuantized(node.name()), setting.blockSize());
        List<String> values = blocks.stream().flatMap(block -> block.outputs().stream()).distinct().toList();
        Map<String, UnaryOperator<Tensor>> restore = new LinkedHashMap<>();
        maps.forEach((value, map) -> restore.put(value, map::restore));
        Map<String, Double> before = errors(model, FakeQuantization.insert(model, plan), Map.of(), values, batches, threads);
        Map<String, Double> after = errors(model, twin.quantized(), restore, values, batches, threads);
        List<BlockReport> reports = new ArrayList<>();
        for (TqtBlock block : blocks) {
            reports.add(new BlockReport(block.name(), block.end().name(), block.nodes().stream().map(Node::name).toList(),
                    block.outputs().stream().mapToDouble(before::get).sum(), block.outputs().stream().mapToDouble(after::get).sum(), true, new float[0]));
        }
        return reports;
    }

    /** Mean squared errors of values between the float network and a quantized one, mean over batches. */
    static Map<String, Double> errors(Model original, Model quantized, Map<String, UnaryOperator<Tensor>> restore, List<String> values,
            List<Map<String, Tensor>> batches, int threads) {
        Map<String, Double> means = new LinkedHashMap<>();
        Executor.Options options = Executor.Options.defaults().outputs(values).threads(threads);
        try (Executor wanted = new Executor(original.graph(), original.parameters(), options);
                Executor found = new Executor(quantized.graph(), quantized.parameters(), options)) {
            for (Map<String, Tensor> batch : batches) {
                Map<String, Tensor> targets = wanted.run(batch);
                found.run(batch).forEach((name, tensor) -> means.merge(name,
                        OutputError.meanSquare(restore.getOrDefault(name, same -> same).apply(tensor), targets.get(name)) / batches.size(),
                        Double::sum));
            }
        }
        return means;
    }
}
