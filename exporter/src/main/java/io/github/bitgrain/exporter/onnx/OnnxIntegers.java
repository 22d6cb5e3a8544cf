package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Names;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.WholeNumbers;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxTypes.Signature;
import io.github.bitgrain.exporter.onnx.OnnxTypes.Type;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The integers of a file that is written: values are of the type that their makers give, a Cast stands where a reader wants the other. */
final class OnnxIntegers {
    private final Model model;
    private final GraphProto.Builder target;
    private final Map<String, Shape> shapes;
    private final Names names;
    private final Set<String> integers;
    private final Map<Node, Signature> signatures = new HashMap<>();
    /** Parameters that some node reads as floats. */
    private final Set<String> floats;
    /** What stands for a value or parameter in the other type. */
    private final Map<String, String> others = new HashMap<>();

    /**
     * Looks at all nodes.
     *
     * @param inputs graph inputs that are integers
     * @param shapes shapes of all values; those of casts are added
     */
    OnnxIntegers(Model model, Set<String> inputs, GraphProto.Builder target, Map<String, Shape> shapes) {
        this.model = model;
        this.target = target;
        this.shapes = shapes;
        names = new Names(model);
        integers = new HashSet<>(inputs);
        Graph graph = model.graph();
        floats = new HashSet<>(graph.outputs());
        for (Node node : graph.nodes()) {
            List<Type> types = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                types.add(node.isTensorInput(i) ? type(node.input(i)) : null);
            }
            Signature signature = OnnxTypes.of(node.op(), types, node.outputs().size());
            signatures.put(node, signature);
            for (int i = 0; i < types.size(); i++) {
                if (types.get(i) != null && !signature.operands().get(i)) {
                    floats.add(node.input(i));
                }
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                if (signature.results().get(i)) {
                    integers.add(node.outputs().get(i));
                }
            }
        }
    }

    /** Whether a value is made as integers. */
    boolean isInteger(String value) {
        return integers.contains(value);
    }

    /** Whether no node reads a parameter as floats, but some as integers: it is stored as such. */
    boolean isStoredAsInteger(String parameter) {
        return others.containsKey(parameter) && !floats.contains(parameter);
    }

    private Type type(String operand) {
        if (!model.graph().isParameter(operand)) {
            return integers.contains(operand) ? Type.INTEGER : Type.FLOAT;
        }
        for (float value : model.parameters().get(operand).data()) {
            if (!WholeNumbers.contains(value)) {
                return Type.FLOAT;
            }
        }
        return Type.EITHER;
    }

    /** The node with operands of the types that it wants; adds what makes them. */
    Node typed(Node node) {
        Signature signature = signatures.get(node);
        List<String> operands = new ArrayList<>(node.inputs());
        for (int i = 0; i < operands.size(); i++) {
            if (node.isTensorInput(i) && signature.operands().get(i) != integers.contains(operands.get(i))) {
                operands.set(i, others.computeIfAbsent(operands.get(i), name -> other(name, !integers.contains(name))));
            }
        }
        return node.withInputs(operands);
    }

    private String other(String name, boolean toInteger) {
        if (model.graph().isParameter(name) && type(name) == Type.EITHER) {
            String stored = floats.contains(name) ? names.fresh(name + "_integers") : name;
            Tensor tensor = model.parameters().get(name);
            long[] values = new long[tensor.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (long) tensor.data()[i];
            }
            target.addInitializer(OnnxWriter.longs(stored, OnnxConstant.of(tensor.shape(), values)));
            return stored;
        }
        String cast = names.fresh(name + (toInteger ? "_integers" : "_floats"));
        target.addNode(NodeProto.newBuilder().setName(names.fresh(cast + "_Cast")).setOpType("Cast").addInput(name).addOutput(cast).addAttribute(
                AttributeProto.newBuilder().setName("to").setType(AttributeProto.AttributeType.INT)
                        .setI(toInteger ? DataType.INT64_VALUE : DataType.FLOAT_VALUE)));
        shapes.put(cast, shapes.get(name));
        return cast;
    }
}
