package io.github.bitgrain.benchmarks.pytorch;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A block of TQT as both sides train it.
 *
 * @param graph its nodes with their quantizers, from the values that it reads to its results
 * @param parameters all parameters and thresholds as calibration found them
 * @param weights names of the trained weights and biases
 * @param alphas names of the trained thresholds
 * @param inputs what each batch brings to the block, quantized
 * @param targets what the float network gives for each batch, by result
 */
record TrainedBlock(Graph graph, Parameters parameters, List<String> weights, List<String> alphas, List<Map<String, Tensor>> inputs,
        List<Map<String, Tensor>> targets) {
    /**
     * What a batch gives.
     *
     * @param loss its loss
     * @param gradients gradients of everything that is trained, by name
     */
    record Derivatives(float loss, Map<String, float[]> gradients) {}
}
