package io.github.bitgrain.quantizer.input;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Gru;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where an input of a network goes: through nodes that move, pad or scale it by constants, to layers whose weights can take up another form of it.
 */
final class InputPath {
    /**
     * A node and what it reads.
     *
     * @param reads the value as a function of the input
     */
    record Reader(Node node, InputMap reads) {
        /** Value of the input, channel by channel, that stands for what the node fills its border with; null if it fills none. */
        double[] border() {
            return switch (node.op()) {
                case Conv conv -> conv.pads().isNone() ? null : reads.inverse(0);
                case Pad pad -> reads.inverse(pad.value());
                default -> null;
            };
        }
    }

    private final Model model;
    private final Graph graph;
    private final Map<String, Shape> shapes;
    private final List<Reader> layers = new ArrayList<>();
    private final List<Reader> paddings = new ArrayList<>();
    private final List<Node> scalings = new ArrayList<>();
    private boolean uniform;
    private String obstacle;

    InputPath(Model model, String input) {
        this.model = model;
        this.graph = model.graph();
        this.shapes = ShapeInference.infer(graph, model.parameters(), 1);
        follow(input, InputMap.IDENTITY, false);
    }

    /** The layers that take the value up. */
    List<Reader> layers() {
        return layers;
    }

    /** Nodes of their own that pad the value. */
    List<Reader> paddings() {
        return paddings;
    }

    /** Nodes that scale the value; the layers can do that as well. */
    List<Node> scalings() {
        return scalings;
    }

    /** Whether all channels must be treated alike. */
    boolean isUniform() {
        return uniform;
    }

    /** Why the input cannot be changed; null if it can. */
    String obstacle() {
        return obstacle;
    }

    private void follow(String value, InputMap scaling, boolean moved) {
        List<Node> readers = graph.consumers(value);
        if (graph.isOutput(value) || readers.isEmpty()) {
            obstruct(graph.isOutput(value) ? "\"" + value + "\" is an output too" : "nothing reads \"" + value + "\"");
        }
        for (Node node : readers) {
            if (obstacle == null) {
                visit(node, value, scaling, moved);
            }
        }
    }

    private void visit(Node node, String value, InputMap scaling, boolean moved) {
        if (node.inputs().stream().filter(value::equals).count() != 1) {
            obstruct(node + " reads it twice");
            return;
        }
        boolean first = node.input(0).equals(value);
        switch (node.op()) {
            case Identity op -> follow(node.output(), scaling, moved);
            case Reshape op -> move(node, scaling);
            case Flatten op -> move(node, scaling);
            case Squeeze op -> move(node, scaling);
            case Unsqueeze op -> move(node, scaling);
            case Transpose op -> move(node, scaling);
            case Pad op when op.mode() == Pad.Mode.CONSTANT -> {
                paddings.add(new Reader(node, scaling));
                follow(node.output(), scaling, moved);
            }
            case Add op -> scale(node, first, scaling, moved, c -> 1, c -> c);
            case Sub op -> scale(node, first, scaling, moved, c -> first ? 1 : -1, c -> first ? -c : c);
            case Mul op -> scale(node, first, scaling, moved, c -> c, c -> 0);
            case Div op when first -> scale(node, true, scaling, moved, c -> 1 / c, c -> 0);
            case BatchNorm op when !op.training() && !moved -> normalize(node, op, scaling);
            case Conv op when first -> layer(node, scaling, 1, 2);
            case Gemm op when first && !op.transA() -> uniformLayer(node, scaling, 1, 2);
            case MatMul op when first && shapes.get(value).rank() == 2 -> uniformLayer(node, scaling, 1);
            case Lstm op when first -> uniformLayer(node, scaling, 1, 3);
            case Gru op when first -> uniformLayer(node, scaling, 1, 3);
            default -> obstruct(node + " reads it, and has no weights and bias that could take up an offset");
        }
    }

    private void move(Node node, InputMap scaling) {
        if (alike(node, scaling)) {
            follow(node.output(), scaling, true);
        }
    }

    /** Nodes behind which channels cannot be told apart need values that were not. */
    private boolean alike(Node node, InputMap scaling) {
        uniform = true;
        if (scaling.channels() > 1) {
            obstruct(node + " reads it, after its channels were scaled differently");
        }
        return scaling.channels() == 1;
    }

    private interface Of {
        double value(double constant);
    }

    private void scale(Node node, boolean first, InputMap scaling, boolean moved, Of factor, Of addend) {
        String constant = node.input(first ? 1 : 0);
        String value = node.input(first ? 0 : 1);
        double[] channels = graph.isParameter(constant) ? channels(model.parameters().get(constant), shapes.get(value)) : null;
        if (channels == null || channels.length > 1 && moved) {
            obstruct(node + " reads it beside a value that is not one constant for each channel");
            return;
        }
        double[] by = new double[channels.length];
        double[] plus = new double[channels.length];
        for (int c = 0; c < channels.length; c++) {
            by[c] = factor.value(channels[c]);
            plus[c] = addend.value(channels[c]);
        }
        scaled(node, scaling.then(by, plus), moved);
    }

    private void scaled(Node node, InputMap scaling, boolean moved) {
        if (!scaling.isRegular()) {
            obstruct(node + " makes the values of a channel all alike");
            return;
        }
        scalings.add(node);
        follow(node.output(), scaling, moved);
    }

    private void normalize(Node node, BatchNorm op, InputMap scaling) {
        Tensor[] operands = new Tensor[4];
        for (int i = 0; i < operands.length; i++) {
            if (!graph.isParameter(node.input(i + 1))) {
                obstruct(node + " has computed parameters");
                return;
            }
            operands[i] = model.parameters().get(node.input(i + 1));
        }
        int channels = operands[0].size();
        double[] by = new double[channels];
        double[] plus = new double[channels];
        for (int c = 0; c < channels; c++) {
            by[c] = operands[0].data()[c] / Math.sqrt((double) operands[3].data()[c] + op.epsilon());
            plus[c] = operands[1].data()[c] - operands[2].data()[c] * by[c];
        }
        scaled(node, scaling.then(by, plus), false);
    }

    /** One constant, or one for each channel (axis 1) of a value; null if the constant is anything else. */
    private static double[] channels(Tensor constant, Shape value) {
        int fromEnd = value.rank() - 2;
        boolean perChannel = constant.size() == 1;
        if (!perChannel && fromEnd >= 0 && constant.shape().rank() > fromEnd) {
            int axis = constant.shape().rank() - 1 - fromEnd;
            perChannel = constant.shape().dim(axis) == constant.size() && constant.size() == value.dim(1);
        }
        if (!perChannel) {
            return null;
        }
        double[] values = new double[constant.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = constant.data()[i];
        }
        return values;
    }

    private void uniformLayer(Node node, InputMap scaling, int... parameters) {
        if (alike(node, scaling)) {
            layer(node, scaling, parameters);
        }
    }

    private void layer(Node node, InputMap scaling, int... parameters) {
        for (int operand : parameters) {
            if (node.hasInput(operand) && !graph.isParameter(node.input(operand))) {
                obstruct(node + " reads it, and its weights or bias are computed");
                return;
            }
        }
        if (node.op() instanceof Gemm gemm && node.hasInput(2)) {
            int bias = model.parameters().get(node.input(2)).size();
            if (bias != 1 && bias != shapes.get(node.input(1)).dim(gemm.transB() ? 0 : 1)) {
                obstruct(node + " reads it, and its bias differs from row to row");
                return;
            }
        }
        layers.add(new Reader(node, scaling));
    }

    private void obstruct(String why) {
        if (obstacle == null) {
            obstacle = why;
        }
    }
}
