package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Weights that make up for errors: of their own rounding, and of everything before the layer. The weights are moved to where the layer, on the operands that
 * it meets in the quantized network, comes closest to the float one's results. Then they are rounded one after the other, and those that are still to be
 * rounded take over what the rounding of the others changes in the results (GPTQ; Frantar et al. 2022, in the form of Babai's nearest plane: Chen et al. 2025).
 * Mean errors go into the bias. All of it is least squares on second moments ({@link ResidualMoments}): no gradients, one pass over the samples.
 */
final class WeightCompensation {
    /** Positions that are looked at, spread over all samples. */
    private static final int POSITIONS = 16_384;
    /** With fewer batches, samples are what is independent of one another. */
    private static final int FEW_BATCHES = 8;
    /** Longer rows are treated in pieces, for the memory and time that moments of so many columns take. */
    private static final int MOST_COLUMNS = 1152;
    /** Share of the mean variance that is added to all: keeps columns that hardly vary from taking over anything. */
    private static final double RIDGE = 0.01;

    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    private final QuantizedTwin twin;
    private final Node node;
    private final LayerColumns layer;
    private final float[] weights;
    private final float[] bias;

    private WeightCompensation(QuantizedTwin twin, Node node) {
        Tensor parameter = twin.parameters().get(node.input(1));
        this.twin = twin;
        this.node = node;
        this.layer = new LayerColumns(node, parameter.shape());
        this.weights = parameter.data();
        this.bias = twin.parameters().get(node.input(2)).data();
    }

    /** Whether a node has weights and biases to change. */
    static boolean applies(QuantizedTwin twin, Node node) {
        return LayerColumns.isDefined(node) && BiasCorrection.hasBias(twin.graph(), node) && twin.graph().isParameter(node.input(1))
                && twin.plan().quantizes(Slot.input(node.name(), 1)) && hasBiasForEveryRow(twin, node);
    }

    private static boolean hasBiasForEveryRow(QuantizedTwin twin, Node node) {
        LayerColumns layer = new LayerColumns(node, twin.parameters().get(node.input(1)).shape());
        return twin.parameters().get(node.input(2)).size() == layer.groups() * layer.rows();
    }

    /**
     * Changes weights and bias of a node.
     *
     * @param nodes nodes that run from values at hand in {@code quantized} up to this one
     * @param original has the node's float results
     * @param batches numbers of the batches that count
     */
    static void apply(QuantizedTwin twin, Node node, List<Node> nodes, Frontier original, Frontier quantized, List<Integer> batches) {
        WeightCompensation compensation = new WeightCompensation(twin, node);
        int pieces = Math.ceilDiv(compensation.layer.columns(), MOST_COLUMNS);
        for (int piece = 0; piece < pieces; piece++) {
            int first = piece * compensation.layer.columns() / pieces;
            int end = (piece + 1) * compensation.layer.columns() / pieces;
            ResidualMoments moments = new ResidualMoments(compensation.layer, compensation.weights, first, end - first);
            compensation.measure(moments, nodes, original, quantized, batches);
            compensation.round(moments, first, end - first);
        }
    }

    private void measure(ResidualMoments moments, List<Node> nodes, Frontier original, Frontier quantized, List<Integer> batches) {
        String operand = twin.expansion(node).stream().filter(part -> part.name().equals(node.name())).findFirst().orElseThrow().input(0);
        boolean made = nodes.stream().flatMap(each -> twin.expansion(each).stream()).anyMatch(part -> part.outputs().contains(operand));
        boolean apart = batches.size() < FEW_BATCHES;
        BiConsumer<Integer, Tensor> add = (batch, values) -> {
            Tensor wanted = original.value(node.output(), batch);
            int every = (int) Math.max(1, (long) LayerColumns.positions(wanted) * batches.size() / POSITIONS);
            // Other places in every batch.
            moments.add(values, wanted, (int) (batch * GOLDEN % 1 * every), every, apart);
        };
        if (made) {
            quantized.compute(nodes, List.of(operand), quantized, batches, (batch, found) -> add.accept(batch, found.get(operand)));
        } else {
            batches.forEach(batch -> add.accept(batch, quantized.value(operand, batch)));
        }
        moments.finish();
    }

    /** Gives some columns of all rows new weights, on the grid, and the rows the biases that go with them. */
    private void round(ResidualMoments moments, int first, int count) {
        Slot slot = Slot.input(node.name(), 1);
        SlotConfig config = twin.plan().config(slot);
        Exponents exponents = twin.plan().exponents(slot);
        double[] wanted = new double[count];
        double[] errors = new double[count];
        for (int group = 0; group < layer.groups(); group++) {
            double[] covariance = moments.covariance(group);
            double[] lacking = moments.residualCovariance(group);
            // Those that vary most are rounded first, while there are others to take over.
            int[] order = IntStream.range(0, count).boxed().sorted(Comparator.comparingDouble(i -> covariance[i * count + i])).mapToInt(i -> i).toArray();
            TriangularFactor factor = factor(covariance, order);
            for (int row = 0; row < layer.rows(); row++) {
                for (int i = 0; i < count; i++) {
                    wanted[i] = lacking[row * count + order[i]];
                }
                factor.solve(wanted);
                int channel = group * layer.rows() + row;
                double step = Math.scalb(1.0, exponents.get(exponents.count() == 1 ? 0 : channel));
                double mean = moments.residualMean(group, row);
                for (int i = count - 1; i >= 0; i--) {
                    int at = layer.weight(group, row, first + order[i]);
                    wanted[i] += weights[at];
                    double steps = config.rounding().round((float) ((wanted[i] - factor.best(i, errors)) / step));
                    float rounded = (float) (Math.clamp(steps, config.qmin(), config.qmax()) * step);
                    errors[i] = wanted[i] - rounded;
                    mean -= ((double) rounded - weights[at]) * moments.operandMean(group, first + order[i]);
                    weights[at] = rounded;
                }
                bias[channel] = (float) mean;
            }
        }
    }

    /** Of a covariance with its columns in another order and {@link #RIDGE}. */
    private static TriangularFactor factor(double[] covariance, int[] order) {
        int n = order.length;
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += covariance[i * n + i];
        }
        double[] ordered = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                ordered[i * n + k] = covariance[order[i] * n + order[k]];
            }
            ordered[i * n + i] += Math.max(RIDGE * trace / n, Double.MIN_NORMAL);
        }
        return new TriangularFactor(ordered, n);
    }
}
