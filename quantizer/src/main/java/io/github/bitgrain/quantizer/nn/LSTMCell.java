package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One step of a long short-term memory (Hochreiter and Schmidhuber 1997). Operand: x, state h and cell c side by side, [N, F + 2H];
 * result: new state and cell side by side, [N, 2H]. Parameters {@code weight_ih} [4H, F], {@code weight_hh} [4H, H], {@code bias_ih} and
 * {@code bias_hh} [4H], gates in ONNX's order: input, output, forget, cell. In the quantized form x and h go through one quantizer
 * together, and so do both weights.
 */
public class LSTMCell extends Module {
    private static final Gemm PRODUCT = new Gemm(1f, 1f, false, true);

    private final int features;
    private final int hidden;

    /** A cell with random weights and zero biases. */
    public LSTMCell(int features, int hidden, RandomGenerator random) {
        this(Initialization.he(Shape.of(4 * hidden, features), features, random), Initialization.he(Shape.of(4 * hidden, hidden), hidden, random),
                Tensor.zeros(Shape.of(4 * hidden)), Tensor.zeros(Shape.of(4 * hidden)));
    }

    /** A cell with given parameters. */
    @SuppressWarnings("this-escape") // The maps of Module are filled; nothing of the subclass is called.
    public LSTMCell(Tensor weightIh, Tensor weightHh, Tensor biasIh, Tensor biasHh) {
        features = weightIh.shape().dim(1);
        hidden = weightHh.shape().dim(1);
        parameter("weight_ih", weightIh);
        parameter("weight_hh", weightHh);
        parameter("bias_ih", biasIh);
        parameter("bias_hh", biasHh);
    }

    /** Gives the cell its quantizers. */
    protected final void quantizers(QuantDescriptor input, QuantDescriptor weight) {
        child(WeightedLayer.INPUT_QUANTIZER, new TensorQuantizer(input));
        child(WeightedLayer.WEIGHT_QUANTIZER, new TensorQuantizer(weight));
    }

    @Override
    public List<WeightSlot> weightSlots() {
        return slot(this, "", features, hidden);
    }

    /** The pair of weights with a suffix as one, with the quantizer of the same suffix. */
    static List<WeightSlot> slot(Module module, String suffix, int features, int hidden) {
        if (!(module.child(WeightedLayer.WEIGHT_QUANTIZER + suffix) instanceof TensorQuantizer quantizer)) {
            return List.of();
        }
        Tensor input = module.parameters().get("weight_ih" + suffix);
        Tensor state = module.parameters().get("weight_hh" + suffix);
        int row = features + hidden;
        Tensor both = Tensor.zeros(Shape.of(4 * hidden, row));
        for (int i = 0; i < 4 * hidden; i++) {
            System.arraycopy(input.data(), i * features, both.data(), i * row, features);
            System.arraycopy(state.data(), i * hidden, both.data(), i * row + features, hidden);
        }
        return List.of(new WeightSlot(quantizer, both, 0, rounded -> {
            for (int i = 0; i < 4 * hidden; i++) {
                System.arraycopy(rounded.data(), i * row, input.data(), i * features, features);
                System.arraycopy(rounded.data(), i * row + features, state.data(), i * hidden, hidden);
            }
        }));
    }

    /** Weights side by side, rounded if there is a quantizer: [4H, F + H]. */
    static String weights(NetworkBuilder builder, Module module, String suffix) {
        String both = builder.node(new Concat(1), builder.parameter(module, "weight_ih" + suffix), builder.parameter(module, "weight_hh" + suffix));
        String quantizer = WeightedLayer.WEIGHT_QUANTIZER + suffix;
        return module.child(quantizer) == null ? both : builder.build(module, quantizer, both);
    }

    /** The sum of both biases. */
    static String bias(NetworkBuilder builder, Module module, String suffix) {
        return builder.node(new Add(), builder.parameter(module, "bias_ih" + suffix), builder.parameter(module, "bias_hh" + suffix));
    }

    /**
     * One step.
     *
     * @param operand x and h side by side, [N, F + H]
     * @param cell [N, H], or null for zeros
     * @return state and cell
     */
    static List<String> step(NetworkBuilder builder, String operand, String cell, String weights, String bias, int hidden) {
        String sums = builder.node(PRODUCT, operand, weights, bias);
        List<String> gates = builder.node(new Split(1, Collections.nCopies(4, hidden)), List.of(sums), 4);
        String candidate = builder.node(new Mul(), builder.node(new Sigmoid(), gates.get(0)), builder.node(new Tanh(), gates.get(3)));
        String next = cell == null ? candidate : builder.node(new Add(), builder.node(new Mul(), builder.node(new Sigmoid(), gates.get(2)), cell), candidate);
        return List.of(builder.node(new Mul(), builder.node(new Sigmoid(), gates.get(1)), builder.node(new Tanh(), next)), next);
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        List<String> parts = builder.node(new Split(1, List.of(features + hidden, hidden)), List.of(x), 2);
        String operand = child(WeightedLayer.INPUT_QUANTIZER) == null ? parts.getFirst() : builder.build(this, WeightedLayer.INPUT_QUANTIZER, parts.getFirst());
        List<String> results = step(builder, operand, parts.getLast(), weights(builder, this, ""), bias(builder, this, ""), hidden);
        return builder.node(new Concat(1), results);
    }

    @Override
    protected String details() {
        return features + " → " + hidden;
    }

    /** Rows of a parameter that has one block per direction. */
    static Tensor block(Tensor all, int index, Shape shape, int offset) {
        int size = all.size() / all.shape().dim(0);
        return new Tensor(shape, Arrays.copyOfRange(all.data(), index * size + offset, index * size + offset + shape.size()));
    }
}
