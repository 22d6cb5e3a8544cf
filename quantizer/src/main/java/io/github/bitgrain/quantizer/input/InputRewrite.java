package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.equalize.ConvBorder;
import io.github.bitgrain.quantizer.equalize.WeightView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Has a network read an input in its mapped form: nodes that scale it go, layers and pads are changed. */
final class InputRewrite {
    private static final double ROUNDING = 1e-3;

    private final Model model;
    private final InputMap map;
    private final Parameters parameters;
    private final Names names;
    private final Map<String, List<Node>> replaced = new LinkedHashMap<>();

    private InputRewrite(Model model, InputMap map) {
        this.model = model;
        this.map = map;
        this.parameters = model.parameters().shallowCopy();
        this.names = new Names(model);
    }

    /** The network that computes from mapped values what {@code model} computes from the original ones. */
    static Model apply(Model model, InputPath path, InputMap map) {
        return new InputRewrite(model, map).apply(path);
    }

    private Model apply(InputPath path) {
        path.scalings().forEach(node -> replaced.put(node.name(), List.of()));
        path.paddings().forEach(reader -> replaced.put(reader.node().name(), List.of(padded(reader))));
        path.layers().forEach(reader -> replaced.put(reader.node().name(), layer(reader)));
        Map<String, String> renamed = new LinkedHashMap<>();
        path.scalings().forEach(node -> {
            String from = model.graph().isParameter(node.input(0)) ? node.input(1) : node.input(0);
            renamed.put(node.output(), renamed.getOrDefault(from, from));
        });
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.graph().nodes()) {
            for (Node now : replaced.getOrDefault(node.name(), List.of(node))) {
                nodes.add(now.withInputs(now.inputs().stream().map(value -> renamed.getOrDefault(value, value)).toList()));
            }
        }
        return new Model(model.graph().edit().nodes(nodes).build(), parameters);
    }

    /** What the border of a reader is now. */
    private float border(InputPath.Reader reader) {
        double border = map.gain(0) * reader.border()[0] + map.offset(0);
        return (float) (Math.abs(border - Math.rint(border)) < ROUNDING ? Math.rint(border) : border);
    }

    private Node padded(InputPath.Reader reader) {
        Pad pad = (Pad) reader.node().op();
        // The operand that named the value named another one.
        return new Node(reader.node().name(), new Pad(pad.mode(), pad.begins(), pad.ends(), border(reader)), List.of(reader.node().input(0)),
                reader.node().outputs());
    }

    private List<Node> layer(InputPath.Reader reader) {
        Node node = reader.node();
        return switch (node.op()) {
            case Conv conv -> ConvBorder.of(folded(reader, node, 1), parameters.get(node.input(1)).shape().rank(), conv.pads().isNone() ? 0 : border(reader), names);
            case Gemm gemm -> List.of(product(reader, node, gemm));
            // A product of matrices has no bias.
            case MatMul op -> List.of(product(reader, node.withOp(new Gemm(1, 1, false, false)), new Gemm(1, 1, false, false)));
            default -> List.of(recurrent(reader));
        };
    }

    /** What the layer read is {@code slope · mapped + intercept}. */
    private double slope(InputPath.Reader reader, int channel) {
        return reader.reads().gain(channel) / map.gain(channel);
    }

    private double intercept(InputPath.Reader reader, int channel) {
        return reader.reads().offset(channel) - slope(reader, channel) * map.offset(channel);
    }

    private Node product(InputPath.Reader reader, Node node, Gemm gemm) {
        boolean biased = node.hasInput(2) && gemm.beta() != 0;
        Node usable = biased ? node : node.withInputs(List.of(node.input(0), node.input(1))).withOp(new Gemm(gemm.alpha(), 1, false, gemm.transB()));
        return folded(reader, usable, gemm.alpha() / (biased ? gemm.beta() : 1));
    }

    /**
     * A Conv or Gemm that takes the mapped value where its border allows.
     *
     * @param share what a change of the product makes of the bias
     */
    private Node folded(InputPath.Reader reader, Node node, float share) {
        Tensor weight = parameters.get(node.input(1)).copy();
        WeightView view = new WeightView(node, weight.shape());
        double[] added = new double[view.rows()];
        view.forEach(weight.data(), (row, channel, value) -> added[row] += value * intercept(reader, channel));
        view.change(weight.data(), (row, channel, value) -> value * slope(reader, channel));
        float[] bias = new float[added.length];
        float[] old = node.hasInput(2) ? parameters.get(node.input(2)).data() : new float[1];
        for (int row = 0; row < bias.length; row++) {
            bias[row] = (float) (old[old.length == 1 ? 0 : row] + share * added[row]);
        }
        return node.withInputs(List.of(node.input(0), keep(node, 1, weight), keep(node, 2, Tensor.vector(bias))));
    }

    private Node recurrent(InputPath.Reader reader) {
        Node node = reader.node();
        Tensor weight = parameters.get(node.input(1)).copy();
        int directions = weight.shape().dim(0);
        int gates = weight.shape().dim(1);
        int features = weight.shape().dim(2);
        Tensor bias = node.hasInput(3) ? parameters.get(node.input(3)).copy() : Tensor.zeros(Shape.of(directions, 2 * gates));
        for (int row = 0; row < directions * gates; row++) {
            double sum = 0;
            for (int i = row * features; i < (row + 1) * features; i++) {
                sum += weight.data()[i] * intercept(reader, 0);
                weight.data()[i] = (float) (weight.data()[i] * slope(reader, 0));
            }
            // The biases of a direction: those beside the input, then those beside the state.
            bias.data()[row / gates * 2 * gates + row % gates] += (float) sum;
        }
        List<String> inputs = new ArrayList<>(node.inputs());
        while (inputs.size() < 4) {
            inputs.add(Node.OMITTED);
        }
        inputs.set(1, keep(node, 1, weight));
        inputs.set(3, keep(node, 3, bias));
        return node.withInputs(inputs);
    }

    /** A name for the changed operand: other nodes may read the original. */
    private String keep(Node node, int operand, Tensor tensor) {
        String name = names.fresh(node.hasInput(operand) ? node.input(operand) + "_fitted" : node.name() + "_bias");
        parameters.put(name, tensor);
        return name;
    }
}
