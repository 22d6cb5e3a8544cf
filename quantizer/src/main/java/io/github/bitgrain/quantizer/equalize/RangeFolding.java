package io.github.bitgrain.quantizer.equalize;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Folds scales and shifts of channels into the weights and biases on both sides of them, and into the rectifiers between. */
final class RangeFolding {
    private final Model model;
    private final Map<String, Shape> shapes;
    private final ChannelGroups groups;
    private final ChannelScales scales;
    private final int highest;
    private final Parameters parameters;
    private final Names names;

    /**
     * @param highest the upper end of the range in steps, where a bound of a Clip comes to lie
     */
    RangeFolding(Model model, Map<String, Shape> shapes, ChannelGroups groups, ChannelScales scales, int highest) {
        this.model = model;
        this.shapes = shapes;
        this.groups = groups;
        this.scales = scales;
        this.highest = highest;
        this.parameters = model.parameters().copy();
        this.names = new Names(model);
    }

    /** The network that computes the same with scaled and shifted values. */
    Model fold() {
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            if (groups.isWeighted(node)) {
                nodes.addAll(withBorder(foldWeights(node)));
            } else if (ChannelGroups.isRectifier(node) && groups.group(node.output()) != null) {
                nodes.add(foldRectifier(node));
            } else {
                nodes.add(node);
            }
        }
        return new Model(model.graph().edit().nodes(nodes).build(), parameters);
    }

    /** How its values stand to the original ones. */
    Map<String, ChannelMap> maps() {
        Map<String, ChannelMap> maps = new LinkedHashMap<>();
        groups.all().forEach(group -> group.members().forEach(value -> maps.put(value, map(value))));
        return maps;
    }

    private ChannelMap map(String value) {
        double[] scale = scales.of(value);
        float[] factors = new float[scale.length];
        for (int c = 0; c < factors.length; c++) {
            factors[c] = (float) scale[c];
        }
        return new ChannelMap(factors, (float) scales.shiftOf(value));
    }

    /** The zeros around a shifted value are shifted too. */
    private List<Node> withBorder(Node node) {
        double shift = scales.shiftOf(node.input(0));
        return shift == 0 || !(node.op() instanceof Conv) ? List.of(node)
                : ConvBorder.of(node, shapes.get(node.input(0)).rank(), (float) -shift, names);
    }

    private Node foldRectifier(Node node) {
        double shift = scales.shiftOf(node.output());
        if (node.op() instanceof Clip) {
            return node.withOp(new Clip((float) -shift, (float) (highest * scales.stepOf(node.output()))));
        }
        return shift == 0 ? node : node.withOp(new Clip((float) -shift, Float.POSITIVE_INFINITY));
    }

    private Node foldWeights(Node node) {
        if (groups.group(node.input(0)) == null && groups.group(node.output()) == null) {
            return node;
        }
        Tensor tensor = parameters.get(node.input(1));
        WeightView weights = new WeightView(node, tensor.shape());
        double[] input = scales.ofInput(node);
        double[] output = scales.ofOutput(node);
        double inputShift = scales.shiftOf(node.input(0));
        double[] bias = new double[weights.rows()];
        if (node.hasInput(2)) {
            float[] old = parameters.get(node.input(2)).data();
            for (int row = 0; row < bias.length; row++) {
                bias[row] = old[old.length == 1 ? 0 : row];
            }
        }
        weights.forEach(tensor.data(), (row, channel, value) -> bias[row] += value / input[channel] * inputShift);
        weights.change(tensor.data(), (row, channel, value) -> value / input[channel] * output[row]);
        float[] newBias = new float[bias.length];
        for (int row = 0; row < bias.length; row++) {
            newBias[row] = (float) (bias[row] * output[row] - scales.shiftOf(node.output()));
        }
        String name = node.hasInput(2) ? node.input(2) : node.name() + ".bias";
        parameters.put(name, Tensor.vector(newBias));
        return node.hasInput(2) ? node : node.withInputs(List.of(node.input(0), node.input(1), name));
    }
}
