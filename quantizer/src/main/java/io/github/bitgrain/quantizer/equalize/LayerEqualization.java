package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.calibrate.Batches;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cross-layer equalization of weights as ESP-PPQ does it (esp-ppq: quantization/algorithm/equalization.py, after Nagel et al. 2019):
 * layers that are joined by activations which commute with positive factors share their ranges per channel. A Clip breaks the
 * chain; {@link RangeEqualization} is the way through it.
 */
public final class LayerEqualization {
    private static final float LARGEST_FACTOR = 10;
    /** ESP-PPQ looks at 16 batches and two more. */
    private static final int MOST_BATCHES = 18;

    private final Parameters parameters;
    private final EqualizationSetting setting;

    private LayerEqualization(Model model, EqualizationSetting setting) {
        parameters = model.parameters().copy();
        this.setting = setting;
    }

    /** The equalized network: the same function, other weights. */
    public static Model apply(Model model, EqualizationSetting setting, Batches batches, int threads) {
        LayerEqualization pass = new LayerEqualization(model, setting);
        List<LayerPairs.Pair> pairs = LayerPairs.of(model.graph(), model.parameters(), setting.optLevel(), setting.interestedLayers());
        Map<String, float[]> activations = setting.includingAct() ? activations(model, pairs, batches, threads) : Map.of();
        for (int i = 0; i < setting.iterations(); i++) {
            pairs.forEach(pair -> pass.equalize(pair, activations));
        }
        return new Model(model.graph(), pass.parameters);
    }

    /** Largest magnitude of every channel that an upstream layer makes, by the name of its result; measured once, before any change. */
    private static Map<String, float[]> activations(Model model, List<LayerPairs.Pair> pairs, Batches batches, int threads) {
        Map<String, float[]> largest = new LinkedHashMap<>();
        pairs.forEach(pair -> pair.upstream().forEach(node ->
                largest.put(node.output(), new float[new WeightView(node, model.parameters().get(node.input(1)).shape()).rows()])));
        Executor.Options options = Executor.Options.defaults().threads(threads).outputs(List.copyOf(largest.keySet()));
        try (Executor executor = new Executor(model.graph(), model.parameters(), options)) {
            for (int i = 0; i < Math.min(MOST_BATCHES, batches.distinct()); i++) {
                executor.run(batches.get(i)).forEach((name, tensor) -> collect(largest.get(name), tensor));
            }
        }
        return largest;
    }

    private static void collect(float[] largest, Tensor tensor) {
        int inner = tensor.shape().size(2, tensor.shape().rank());
        for (int i = 0; i < tensor.size(); i++) {
            int channel = i / inner % largest.length;
            largest[channel] = Math.max(largest[channel], Math.abs(tensor.data()[i]));
        }
    }

    private static WeightView view(Node node, Parameters parameters) {
        return new WeightView(node, parameters.get(node.input(1)).shape());
    }

    /** Largest weight of every output channel, over all layers that make it; biases may count too. */
    static float[] upstream(LayerPairs.Pair pair, Parameters parameters, boolean includingBias, double biasMultiplier) {
        float[] up = new float[view(pair.upstream().getFirst(), parameters).rows()];
        for (Node node : pair.upstream()) {
            view(node, parameters).forEach(parameters.get(node.input(1)).data(),
                    (row, channel, value) -> up[row] = Math.max(up[row], (float) Math.abs(value)));
            if (includingBias && node.hasInput(2)) {
                float[] bias = parameters.get(node.input(2)).data();
                for (int c = 0; c < up.length; c++) {
                    up[c] = Math.max(up[c], Math.abs(bias[c]) * (float) biasMultiplier);
                }
            }
        }
        return up;
    }

    /** Largest weight of every input channel, over all layers that read it. */
    static float[] downstream(LayerPairs.Pair pair, Parameters parameters) {
        float[] down = new float[view(pair.downstream().getFirst(), parameters).channels()];
        for (Node node : pair.downstream()) {
            view(node, parameters).forEach(parameters.get(node.input(1)).data(),
                    (row, channel, value) -> down[channel] = Math.max(down[channel], (float) Math.abs(value)));
        }
        return down;
    }

    private void equalize(LayerPairs.Pair pair, Map<String, float[]> activations) {
        float[] up = upstream(pair, parameters, setting.includingBias(), setting.biasMultiplier());
        float[] down = downstream(pair, parameters);
        int channels = up.length;
        for (Node node : pair.upstream()) {
            float[] seen = activations.get(node.output());
            for (int c = 0; seen != null && c < channels; c++) {
                up[c] = Math.max(up[c], seen[c] * (float) setting.actMultiplier());
            }
        }
        float[] factor = new float[channels];
        for (int c = 0; c < channels; c++) {
            float both = up[c] + down[c];
            factor[c] = both == 0 || both < (float) setting.valueThreshold()
                    ? 1
                    : Math.clamp(1 / (float) Math.sqrt(up[c] / down[c]), 1 / LARGEST_FACTOR, LARGEST_FACTOR);
        }
        rescale(pair, parameters, factor);
    }

    /** Multiplies the channels between the layers: what the upstream ones make, and what the downstream ones make of it the other way. */
    static void rescale(LayerPairs.Pair pair, Parameters parameters, float[] factor) {
        for (Node node : pair.upstream()) {
            view(node, parameters).change(parameters.get(node.input(1)).data(), (row, channel, value) -> (float) value * factor[row]);
            if (node.hasInput(2)) {
                float[] bias = parameters.get(node.input(2)).data();
                for (int c = 0; c < factor.length; c++) {
                    bias[c] *= factor[c];
                }
            }
        }
        for (Node node : pair.downstream()) {
            view(node, parameters).change(parameters.get(node.input(1)).data(), (row, channel, value) -> (float) value / factor[channel]);
        }
    }
}
