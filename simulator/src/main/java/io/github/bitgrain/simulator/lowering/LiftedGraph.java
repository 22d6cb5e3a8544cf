package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A float graph that grows node by node beside a chip program. Each chip value is a float tensor and the order in which the
 * chip stores its axes; a Transpose of the chip changes the order only, and becomes a node where an operator needs another
 * one. So layouts that are made and undone leave nothing behind.
 */
final class LiftedGraph {
    /** A chip value: stored axis j is axis {@code axes(j)} of a tensor. */
    record Value(String tensor, Permutation axes) {}

    private final ChipProgram program;
    private final Target target;
    private final Parameters parameters = new Parameters();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Shape> inputs = new java.util.LinkedHashMap<>();
    private final Map<String, Shape> shapes = new HashMap<>();
    private final Map<String, Value> values = new HashMap<>();
    /** Tensors made by a Transpose, and what they are of its source. */
    private final Map<String, Value> turned = new HashMap<>();
    /** Tensors made by a Reshape → its source. */
    private final Map<String, String> reshaped = new HashMap<>();
    private final Map<Value, String> turns = new HashMap<>();
    private final Set<String> names = new HashSet<>();

    LiftedGraph(ChipProgram program, Target target) {
        this.program = program;
        this.target = target;
        names.addAll(program.values().keySet());
    }

    Target target() {
        return target;
    }

    BitgrainException refused(ChipNode node, String reason) {
        return BitgrainException.badInput("node \"" + node.name() + "\" (" + node.opType() + "): " + reason
                + "; it cannot be written as a float network");
    }

    void input(String name, Permutation axes) {
        int[] stored = program.value(name).shape().stream().mapToInt(Integer::intValue).toArray();
        Shape shape = Shape.of(axes.inverse().apply(stored));
        inputs.put(name, shape);
        shapes.put(name, shape);
        values.put(name, new Value(name, axes));
    }

    /** The chip node that makes a value, or null. */
    ChipNode maker(String chipValue) {
        return program.nodes().stream().filter(node -> node.outputs().contains(chipValue)).findFirst().orElse(null);
    }

    /** The parameter of a name, or null if a value (or nothing) is there. */
    ChipTensor parameter(ChipNode node, int index) {
        return has(node, index) ? program.parameters().get(node.inputs().get(index)) : null;
    }

    static boolean has(ChipNode node, int index) {
        return index < node.inputs().size() && !node.inputs().get(index).isEmpty();
    }

    /** The table that a node names. */
    ChipTensor table(ChipNode node) {
        return program.parameters().get(node.text(ChipNode.LUT, ""));
    }

    /** Exponent of an input value or of an output. */
    int exponent(String name) {
        return program.value(name).exponent();
    }

    /** Bits of a quantized value. */
    int bits(String name) {
        return program.value(name).type().bytes() * Byte.SIZE;
    }

    /** Integers of a parameter that shapes a node, or {@code otherwise} when it is absent. */
    long[] integers(ChipNode node, int index, long[] otherwise) {
        if (!has(node, index)) {
            return otherwise;
        }
        ChipTensor parameter = parameter(node, index);
        if (parameter == null) {
            throw refused(node, "input " + index + " is computed");
        }
        return parameter.longs();
    }

    /** The real numbers of a parameter, in its stored order. */
    static float[] reals(ChipTensor parameter) {
        if (parameter.type() == ElementType.FLOAT32) {
            return parameter.floats();
        }
        long[] integers = parameter.longs();
        float[] reals = new float[integers.length];
        for (int i = 0; i < reals.length; i++) {
            int exponent = parameter.exponents().get(parameter.exponents().count() == reals.length ? i : 0);
            reals[i] = Math.scalb((float) integers[i], exponent);
        }
        return reals;
    }

    /** A chip value that a node reads. */
    Value value(ChipNode node, int index) {
        Value value = has(node, index) ? values.get(node.inputs().get(index)) : null;
        if (value == null) {
            throw refused(node, "input " + index + " is no computed value");
        }
        return value;
    }

    Shape shape(String tensor) {
        return shapes.get(tensor);
    }

    /** A parameter of the float network. */
    Tensor tensor(String name) {
        return parameters.get(name);
    }

    /** Adds a parameter of the float network. */
    String constant(String name, Tensor tensor) {
        String free = free(name);
        parameters.put(free, tensor);
        shapes.put(free, tensor.shape());
        return free;
    }

    /** Adds a node; its result has the name of the chip value that it is, or another free one. */
    String add(String name, Op op, List<String> operands, String result) {
        return add(name, op, operands, List.of(result)).getFirst();
    }

    List<String> add(String name, Op op, List<String> operands, List<String> results) {
        List<String> named = results.stream().map(result -> program.values().containsKey(result) && !shapes.containsKey(result)
                ? result : free(result)).toList();
        List<Shape> made = ShapeInference.of(op, operands.stream().map(shapes::get).toList(), results.size());
        for (int i = 0; i < named.size(); i++) {
            shapes.put(named.get(i), made.get(i));
        }
        nodes.add(new Node(freeNode(name), op, operands, named));
        return named;
    }

    private final Set<String> nodeNames = new HashSet<>();

    private String freeNode(String wanted) {
        String name = wanted;
        for (int i = 2; !nodeNames.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    private String free(String wanted) {
        String name = wanted;
        for (int i = 2; !names.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    /** Says what a chip value is. */
    void bind(String chipValue, String tensor, Permutation axes) {
        values.put(chipValue, canonical(new Value(tensor, axes)));
    }

    /** The same value, of the tensor in front of a Transpose. */
    private Value canonical(Value value) {
        Value source = turned.get(value.tensor);
        return source == null ? value : new Value(source.tensor, source.axes.then(value.axes));
    }

    /** The tensor of a value whose stored axis j is its axis {@code wanted(j)}; adds a Transpose where there is none. */
    String inOrder(Value given, Permutation wanted) {
        Value value = canonical(given);
        Permutation turn = value.axes.then(wanted.inverse());
        if (turn.isIdentity()) {
            return value.tensor;
        }
        return turns.computeIfAbsent(new Value(value.tensor, turn), key -> {
            Transpose op = new Transpose(Arrays.stream(turn.toArray()).boxed().toList());
            String tensor = add(value.tensor + "/transpose", op, List.of(value.tensor), value.tensor + "_transposed");
            turned.put(tensor, new Value(value.tensor, turn));
            return tensor;
        });
    }

    /** The tensor of a value as the chip stores it. */
    String asStored(Value value) {
        return inOrder(value, Permutation.identity(value.axes.rank()));
    }

    /** A tensor with another shape; the tensor before an earlier Reshape where that gives the same. */
    Value reshape(String name, String tensor, int[] shape, String result) {
        String source = reshaped.getOrDefault(tensor, tensor);
        if (!shapes.get(source).equals(Shape.of(shape))) {
            String made = add(name, new Reshape(Arrays.stream(shape).mapToObj(extent -> (long) extent).toList(), false),
                    List.of(source), result);
            reshaped.put(made, source);
            source = made;
        }
        return canonical(new Value(source, Permutation.identity(shape.length)));
    }

    Model finish() {
        List<String> outputs = new ArrayList<>();
        for (String output : program.outputs()) {
            Value value = values.get(output);
            if (value == null) {
                throw BitgrainException.badInput("graph output \"" + output + "\" is a parameter; it cannot be written as a float network");
            }
            boolean isMap = value.axes.rank() > 2 && value.axes.equals(Permutation.channelsLast(value.axes.rank()));
            String tensor = isMap ? value.tensor : asStored(value);
            boolean taken = shapes.containsKey(output) && !tensor.equals(output);
            outputs.add(tensor.equals(output) || taken && !outputs.contains(tensor) && !inputs.containsKey(tensor)
                    ? tensor : add(output + "/output", new Identity(), List.of(tensor), output));
        }
        Set<String> needed = new HashSet<>(outputs);
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes.reversed()) {
            if (node.outputs().stream().anyMatch(needed::contains)) {
                kept.add(node);
                needed.addAll(node.inputs());
            }
        }
        Collections.reverse(kept);
        Graph.Builder graph = Graph.builder(program.name()).inputs(inputs).nodes(kept).outputs(outputs);
        return new Model(graph.build(), parameters.only(needed));
    }
}
