package io.github.bitgrain.quantizer.walk;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which values of a network have its samples in front, so that a batch of them can be kept and fed to a part of the network. Around recurrent layers values
 * have time or layers in front.
 */
public final class SampleAxis {
    private static final int TRIAL = 2;

    private SampleAxis() {}

    /** Values with something else in front; none if the network takes one sample only. */
    public static Set<String> behind(Graph graph, Parameters parameters) {
        Map<String, Shape> one = ShapeInference.infer(graph, parameters, 1);
        Map<String, Shape> several;
        try {
            several = ShapeInference.infer(graph, parameters, TRIAL);
        } catch (BitgrainException e) {
            // A network of one sample has no batches to take apart.
            return Set.of();
        }
        Set<String> behind = new HashSet<>();
        several.forEach((value, shape) -> {
            Shape alone = one.get(value);
            if (!graph.isParameter(value) && !shape.equals(alone) && (alone.dim(0) != 1 || !alone.with(0, TRIAL).equals(shape))) {
                behind.add(value);
            }
        });
        return behind;
    }
}
