package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;

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
        return new ParityTqt(model, plan, setting, listener, threads).run(batches);
    }
}
