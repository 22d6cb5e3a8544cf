package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.cli.metric.detection.DetectionTask;
import io.github.bitgrain.cli.network.ApplicationHead;
import io.github.bitgrain.cli.network.ChipNetwork;
import io.github.bitgrain.cli.network.Evaluation;
import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.HeadedNetwork;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures all stages of a quantization on the same samples: float, PTQ, what came after calibration, chip. */
public final class StageAccuracy {
    private final DataSource data;
    private final Model model;
    private final String metric;
    private final Metrics.Truth truth;
    private final DetectionTask task;
    private final InputMaps maps;
    private final NetworkHead head;
    private final int threads;
    private final Progress progress;
    private final double floatValue;

    /**
     * Measures the float network at once, so that missing labels and the like show before the long work.
     *
     * @param model the float network; also the reference of metrics that compare
     * @param metric name of the metric
     * @param labels labels, or null
     * @param groups groups, or null
     * @param task how boxes of a detector are read and judged, or null
     * @param maps what quantized networks read in place of the data
     * @param head parts of the model if its head was cut off, which runs in float behind what was quantized; or null
     * @throws io.github.bitgrain.core.BitgrainException if the metric lacks something
     */
    public StageAccuracy(DataSource data, Model model, String metric, Metrics.Column labels, Metrics.Column groups, DetectionTask task,
            InputMaps maps, NetworkHead head, int threads, Progress progress) {
        this.data = data;
        this.model = model;
        this.metric = metric;
        this.truth = new Metrics.Truth(data.samples(), labels, groups, true);
        this.task = task;
        this.maps = maps;
        this.head = head;
        this.threads = threads;
        this.progress = progress;
        floatValue = measure("float", new FloatNetwork(model, threads));
    }

    /** The value of each stage; tqt only where thresholds were trained, tuned where only other passes changed weights. */
    public Map<String, Double> of(Quantized quantized, LoweredModel lowered, Target target) {
        Model behind = head == null ? null : head.head();
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("float", floatValue);
        values.put("ptq", measureWhole("ptq", new FloatNetwork(FakeQuantization.insert(
                quantized.calibrated(), quantized.calibratedPlan()), threads), behind));
        if (quantized.trained()) {
            String stage = quantized.thresholds() ? "tqt" : "tuned";
            values.put(stage, measureWhole(stage, new FloatNetwork(FakeQuantization.insert(quantized.tuned(), quantized.tunedPlan()), threads), behind));
        }
        values.put("chip", measureWhole("simulate", new ChipNetwork(lowered.program(), target, threads),
                behind == null ? null : ApplicationHead.reading(behind, ApplicationHead.axes(lowered))));
        return values;
    }

    /**
     * Measures what was quantized with what belongs to it in front and behind.
     *
     * @param behind the head; null if the network is whole
     */
    private double measureWhole(String title, Network quantized, Model behind) {
        Network fed = maps.inFrontOf(quantized);
        return measure(title, behind == null ? fed : new HeadedNetwork(fed, new FloatNetwork(behind, threads), head.outputs()));
    }

    private double measure(String title, Network network) {
        boolean compares = Metrics.compares(metric);
        try (network; Network reference = compares ? new FloatNetwork(model, threads) : null) {
            Evaluation evaluation = new Evaluation(network, reference, data);
            return evaluation.run(Metrics.of(List.of(metric), truth, evaluation.shape(), evaluation.detections(task)), progress, title).get(metric);
        }
    }
}
