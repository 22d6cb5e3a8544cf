package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Long short-term memory, one layer in one or both directions of time, that begins with zero states: x [T, N, F] → states
 * [T, D, N, H]. Parameters as {@link LSTMCell}'s; those of the second walk end in {@code _reverse}. {@link #stack} puts layers together.
 *
 * <p>The quantized form has a pair of quantizers per walk. What the step multiplies is rounded: x and the state before the step, side by
 * side, in every step by the same quantizer; and both weights side by side. Such a walk is unrolled, so the network is made for one T.
 */
public class LSTM extends Module {
    private static final String REVERSE = "_reverse";

    private final Lstm op;
    private final int features;

    /** A layer with random weights and zero biases. */
    @SuppressWarnings("this-escape") // The maps of Module are filled; nothing of the subclass is called.
    public LSTM(int features, int hidden, Direction direction, RandomGenerator random) {
        this(new Lstm(hidden, direction, null), features);
        for (int walk = 0; walk < direction.count(); walk++) {
            put(walk, new LSTMCell(features, hidden, random));
        }
    }

    /** A layer without parameters yet. */
    private LSTM(Lstm op, int features) {
        this.op = op;
        this.features = features;
    }

    /** The same layer with parameters of its own. */
    @SuppressWarnings("this-escape")
    LSTM(LSTM layer) {
        this(layer.op, layer.features);
        layer.parameters().forEach((name, tensor) -> parameter(name, tensor.copy()));
    }

    /** A layer from ONNX's operands; bias null for none. */
    static LSTM of(Lstm op, Tensor weights, Tensor recurrence, Tensor bias) {
        int h = op.hidden();
        int f = weights.shape().dim(2);
        Shape sums = Shape.of(4 * h);
        LSTM layer = new LSTM(op, f);
        for (int walk = 0; walk < op.direction().count(); walk++) {
            layer.put(walk, new LSTMCell(LSTMCell.block(weights, walk, Shape.of(4 * h, f), 0), LSTMCell.block(recurrence, walk, Shape.of(4 * h, h), 0),
                    bias == null ? Tensor.zeros(sums) : LSTMCell.block(bias, walk, sums, 0),
                    bias == null ? Tensor.zeros(sums) : LSTMCell.block(bias, walk, sums, 4 * h)));
        }
        return layer;
    }

    private void put(int walk, LSTMCell cell) {
        cell.parameters().forEach((name, tensor) -> parameter(name + suffix(walk), tensor));
    }

    private static String suffix(int walk) {
        return walk == 0 ? "" : REVERSE;
    }

    /**
     * Layers one after the other, samples first: [N, T, F] → [N, T, D · H]. The layers are called {@code l0}, {@code l1}, …
     *
     * @param length T
     */
    public static Sequential stack(int features, int hidden, int layers, Direction direction, int length, RandomGenerator random) {
        int width = direction.count() * hidden;
        Sequential stack = new Sequential().add("time_first", new Operator(new Transpose(List.of(1, 0, 2))));
        for (int layer = 0; layer < layers; layer++) {
            stack.add("l" + layer, new LSTM(layer == 0 ? features : width, hidden, direction, random));
            stack.add("side_by_side" + layer, new Operator(new Transpose(List.of(0, 2, 1, 3))));
            stack.add("merge" + layer, new Operator(new Reshape(List.of((long) length, -1L, (long) width), false)));
        }
        return stack.add("samples_first", new Operator(new Transpose(List.of(1, 0, 2))));
    }

    /** Gives every walk its quantizers. */
    protected final void quantizers(QuantDescriptor input, QuantDescriptor weight) {
        for (int walk = 0; walk < op.direction().count(); walk++) {
            child(WeightedLayer.INPUT_QUANTIZER + suffix(walk), new TensorQuantizer(input));
            child(WeightedLayer.WEIGHT_QUANTIZER + suffix(walk), new TensorQuantizer(weight));
        }
    }

    @Override
    public List<WeightSlot> weightSlots() {
        List<WeightSlot> slots = new ArrayList<>();
        for (int walk = 0; walk < op.direction().count(); walk++) {
            slots.addAll(LSTMCell.slot(this, suffix(walk), features, op.hidden()));
        }
        return slots;
    }

    private boolean acts(String quantizer) {
        return child(quantizer) instanceof TensorQuantizer found && found.isEnabled() && found.isQuantizing();
    }

    @Override
    public String build(NetworkBuilder builder, String x) {
        return buildAll(builder, x).getFirst();
    }

    /** States of all steps [T, D, N, H], last states and last cells [D, N, H]. */
    List<String> buildAll(NetworkBuilder builder, String x) {
        int walks = op.direction().count();
        boolean unrolled = false;
        for (int walk = 0; walk < walks; walk++) {
            unrolled |= acts(WeightedLayer.INPUT_QUANTIZER + suffix(walk)) || acts(WeightedLayer.WEIGHT_QUANTIZER + suffix(walk));
        }
        return unrolled ? unrolled(builder, x) : whole(builder, x);
    }

    /** As one operator; quantizers that collect see their operands. */
    private List<String> whole(NetworkBuilder builder, String x) {
        int walks = op.direction().count();
        List<List<String>> operands = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int walk = 0; walk < walks; walk++) {
            String bias = builder.node(new Concat(0), builder.parameter(this, "bias_ih" + suffix(walk)), builder.parameter(this, "bias_hh" + suffix(walk)));
            List<String> values = List.of(builder.parameter(this, "weight_ih" + suffix(walk)), builder.parameter(this, "weight_hh" + suffix(walk)), bias);
            for (int i = 0; i < values.size(); i++) {
                operands.get(i).add(builder.node(new Unsqueeze(List.of(0)), values.get(i)));
            }
        }
        List<String> all = new ArrayList<>(List.of(x));
        operands.forEach(parts -> all.add(parts.size() == 1 ? parts.getFirst() : builder.node(new Concat(0), parts)));
        List<String> results = builder.node(op, all, 3);
        for (int walk = 0; walk < walks; walk++) {
            if (child(WeightedLayer.INPUT_QUANTIZER + suffix(walk)) != null) {
                LSTMCell.weights(builder, this, suffix(walk));
                builder.build(this, WeightedLayer.INPUT_QUANTIZER + suffix(walk), operandOfAllSteps(builder, x, results.getFirst(), walk));
            }
        }
        return results;
    }

    /** [T, N, F + H]: x and the state before each step. */
    private String operandOfAllSteps(NetworkBuilder builder, String x, String states, int walk) {
        boolean backward = op.direction().isBackward(walk);
        String own = builder.node(new Squeeze(List.of(1)), slice(builder, states, 1, walk, walk + 1));
        String kept = backward ? slice(builder, own, 0, 1, Integer.MAX_VALUE) : slice(builder, own, 0, 0, -1);
        String before = builder.node(new Pad(Pad.Mode.CONSTANT, List.of(backward ? 0 : 1, 0, 0), List.of(backward ? 1 : 0, 0, 0), 0f), kept);
        return builder.node(new Concat(2), x, before);
    }

    private static String slice(NetworkBuilder builder, String value, int axis, long from, long to) {
        return builder.node(new Slice(List.of(axis), List.of(from), List.of(to), List.of(1L)), value);
    }

    private List<String> unrolled(NetworkBuilder builder, String x) {
        int steps = builder.shape(x).dim(0);
        List<List<String>> states = new ArrayList<>();
        List<String> lastStates = new ArrayList<>();
        List<String> lastCells = new ArrayList<>();
        for (int t = 0; t < steps; t++) {
            states.add(new ArrayList<>());
        }
        List<String> inputs = builder.node(new Split(0, java.util.Collections.nCopies(steps, 1)), List.of(x), steps).stream()
                .map(step -> builder.node(new Squeeze(List.of(0)), step)).toList();
        for (int walk = 0; walk < op.direction().count(); walk++) {
            String weights = LSTMCell.weights(builder, this, suffix(walk));
            String bias = LSTMCell.bias(builder, this, suffix(walk));
            String state = null;
            String cell = null;
            for (int done = 0; done < steps; done++) {
                int t = op.direction().isBackward(walk) ? steps - 1 - done : done;
                String operand = state == null
                        ? builder.node(new Pad(Pad.Mode.CONSTANT, List.of(0, 0), List.of(0, op.hidden()), 0f), inputs.get(t))
                        : builder.node(new Concat(1), inputs.get(t), state);
                String quantizer = WeightedLayer.INPUT_QUANTIZER + suffix(walk);
                List<String> results = LSTMCell.step(builder, builder.build(this, quantizer, operand), cell, weights, bias, op.hidden());
                state = results.getFirst();
                cell = results.getLast();
                states.get(t).add(builder.node(new Unsqueeze(List.of(0, 1)), state));
            }
            lastStates.add(builder.node(new Unsqueeze(List.of(0)), state));
            lastCells.add(builder.node(new Unsqueeze(List.of(0)), cell));
        }
        List<String> rows = states.stream().map(walks -> joined(builder, walks, 1)).toList();
        return List.of(joined(builder, rows, 0), joined(builder, lastStates, 0), joined(builder, lastCells, 0));
    }

    private static String joined(NetworkBuilder builder, List<String> values, int axis) {
        return values.size() == 1 ? values.getFirst() : builder.node(new Concat(axis), values);
    }

    @Override
    protected String details() {
        return features + " → " + op.hidden() + " " + op.direction().name().toLowerCase(java.util.Locale.ROOT);
    }
}
