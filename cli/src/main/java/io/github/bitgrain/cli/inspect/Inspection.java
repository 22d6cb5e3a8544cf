package io.github.bitgrain.cli.inspect;

import java.util.List;
import java.util.Map;

/**
 * A model in figures; also the JSON of {@code inspect}.
 *
 * @param model file
 * @param target chip family, null for float models and where a chip model does not tell
 * @param name name of the graph
 * @param nodes number of nodes
 * @param operators operator type → number of nodes, the most frequent first
 * @param parameters elements of all weights, biases and other constants that nodes read; lookup tables are not counted
 * @param parameterBytes memory of the parameters, lookup tables included
 * @param macs multiply-accumulate operations for one sample
 * @param activationBytes most memory that values in flight need at the same time, without reuse inside an operator
 * @param inputs graph inputs
 * @param outputs graph outputs
 * @param testVectors number of embedded test vectors
 * @param metadata texts that travel with the model
 * @param layers the nodes in order
 * @param hazards nodes that the chip computes wrongly; empty for float models, null where the target is not known
 */
public record Inspection(
        String model,
        String target,
        String name,
        int nodes,
        Map<String, Integer> operators,
        long parameters,
        long parameterBytes,
        long macs,
        long activationBytes,
        List<Value> inputs,
        List<Value> outputs,
        int testVectors,
        Map<String, String> metadata,
        List<Layer> layers,
        List<Hazard> hazards) {

    /**
     * A value at the border of the graph.
     *
     * @param exponent log2 of the scale, null if not quantized
     */
    public record Value(String name, List<Integer> shape, String dtype, Integer exponent) {}

    /**
     * A node.
     *
     * @param outputs its results
     * @param weightExponents smallest and largest exponent of its first parameter, empty if not quantized
     */
    public record Layer(
            String name, String type, List<Value> outputs, List<Integer> weightExponents, long parameters, long macs) {}
}
