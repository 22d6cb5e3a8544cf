package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.TensorQuantizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What each layer costs when it alone is quantized (pytorch-quantization: examples, classification_flow). The ranked paths are what
 * {@link QuantizationParams#skip} takes to leave the worst in float.
 *
 * @param floatScore watched metric with all quantizers off
 * @param layers layers, the one that costs most first
 */
public record Sensitivity(double floatScore, List<Layer> layers) {
    /**
     * A layer.
     *
     * @param path its path: the module that holds the quantizers, or a quantizer that stands alone
     * @param score watched metric with its quantizers alone on
     * @param drop what is lost against float; positive is worse
     */
    public record Layer(String path, double score, double drop) {}

    /** Takes a copy. */
    public Sensitivity {
        layers = List.copyOf(layers);
    }

    /**
     * Measures a calibrated tree; its quantizers are afterwards as before.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     */
    public static Sensitivity of(Module root, Shape shape, TrainingData data, TrainingParams params) {
        Map<String, List<TensorQuantizer>> groups = new LinkedHashMap<>();
        QuantizationCalibrator.quantizers(root).forEach((path, quantizer) -> {
            if (quantizer.isEnabled()) {
                boolean inLayer = path.indexOf("_quantizer") > path.lastIndexOf('.') && path.contains(".");
                groups.computeIfAbsent(inLayer ? path.substring(0, path.lastIndexOf('.')) : path, key -> new ArrayList<>()).add(quantizer);
            }
        });
        ModuleTrainee trainee = new ModuleTrainee(root, shape);
        groups.values().forEach(list -> list.forEach(TensorQuantizer::disable));
        try {
            double before = Trainer.validate(trainee.evaluation(), data, params)[1];
            List<Layer> layers = new ArrayList<>();
            groups.forEach((path, quantizers) -> {
                quantizers.forEach(TensorQuantizer::enable);
                double score = Trainer.validate(trainee.evaluation(), data, params)[1];
                quantizers.forEach(TensorQuantizer::disable);
                layers.add(new Layer(path, score, params.watched().greaterIsBetter() ? before - score : score - before));
            });
            layers.sort(Comparator.comparingDouble(Layer::drop).reversed());
            return new Sensitivity(before, layers);
        } finally {
            groups.values().forEach(list -> list.forEach(TensorQuantizer::enable));
        }
    }

    /** The table in words. */
    public String text() {
        StringBuilder text = new StringBuilder(String.format(java.util.Locale.ROOT, "%10s %10s  %s%n", "score", "drop", "layer"));
        layers.forEach(layer -> text.append(String.format(java.util.Locale.ROOT, "%10.4g %10.4g  %s%n", layer.score(), layer.drop(), layer.path())));
        return text.toString();
    }
}
