package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Derivatives of a scalar value by central differences of the double-precision reference. */
public final class FiniteDifferences {
    private static final double STEP = 1e-5;

    private FiniteDifferences() {}

    /** Derivatives of {@code loss} with respect to every element of the given tensor {@code name}. */
    public static double[] of(Graph graph, Map<String, Tensor> given, String loss, String name) {
        Map<String, Doubles> values = new LinkedHashMap<>();
        given.forEach((key, tensor) -> values.put(key, Doubles.of(tensor)));
        double[] data = values.get(name).data();
        double[] derivatives = new double[data.length];
        for (int i = 0; i < data.length; i++) {
            double at = data[i];
            data[i] = at + STEP;
            double above = ReferenceEvaluator.run(graph, new LinkedHashMap<>(values)).get(loss).data()[0];
            data[i] = at - STEP;
            double below = ReferenceEvaluator.run(graph, new LinkedHashMap<>(values)).get(loss).data()[0];
            data[i] = at;
            derivatives[i] = (above - below) / (2 * STEP);
        }
        return derivatives;
    }
}
