package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The shape of every value of a graph. The rule of each operator is in {@link ShapeRules}.
 *
 * <p>Exporters write the batch of the traced input into targets of Reshape and Resize. With another batch, such an extent is
 * replaced: row-major order decides which axis of the result carries the batch.
 */
public final class ShapeInference {
    private ShapeInference() {}

    /** Shapes of all values, parameters included, with the declared input shapes; in the order inputs, then nodes. */
    public static Map<String, Shape> infer(Graph graph, Parameters parameters) {
        return infer(graph, name -> parameters.get(name).shape());
    }

    /**
     * The same for another batch: axis 0 of every graph input gets the extent {@code batch}. Where inputs do not agree about that axis, the declared shapes are
     * those of the batch that the first input declares.
     *
     * @throws BitgrainException (bad input) naming the node whose operands do not fit
     */
    public static Map<String, Shape> infer(Graph graph, Parameters parameters, int batch) {
        return infer(graph, name -> parameters.get(name).shape(), batch);
    }

    /** As above; {@code parameterShapes} answers for the parameters. */
    public static Map<String, Shape> infer(Graph graph, Function<String, Shape> parameterShapes, int batch) {
        Map<String, Shape> declared = infer(graph, parameterShapes);
        Map<String, Shape> inputs = new LinkedHashMap<>();
        List<Integer> batches = graph.inputs().values().stream().filter(shape -> shape.rank() > 0).map(shape -> shape.dim(0)).toList();
        boolean same = batches.isEmpty() || batches.getFirst() == batch;
        for (Map.Entry<String, Shape> input : graph.inputs().entrySet()) {
            Shape shape = input.getValue().rank() == 0 ? input.getValue() : input.getValue().with(0, batch);
            inputs.put(input.getKey(), shape);
        }
        return same ? declared : infer(graph, parameterShapes, inputs, declared);
    }

    /** As above with the declared input shapes. */
    public static Map<String, Shape> infer(Graph graph, Function<String, Shape> parameterShapes) {
        return infer(graph, parameterShapes, graph.inputs(), null);
    }

    /**
     * Shapes of the results of one operator.
     *
     * @param operands shapes of the operands, null for omitted and structural ones
     * @param results how many results the node has
     * @throws IllegalArgumentException when the operands do not fit, with the reason
     */
    public static List<Shape> of(Op op, List<Shape> operands, int results) {
        return ShapeRules.apply(op, operands, results);
    }

    private static Map<String, Shape> infer(
            Graph graph, Function<String, Shape> parameterShapes, Map<String, Shape> inputs, Map<String, Shape> declared) {
        Map<String, Shape> shapes = new LinkedHashMap<>(inputs);
        for (String name : graph.parameterNames()) {
            shapes.put(name, parameterShapes.apply(name));
        }
        for (Node node : graph.nodes()) {
            List<Shape> operands = operands(node, shapes);
            Op op = node.op();
            List<Shape> results;
            try {
                if (declared != null && hardCodesBatch(op)) {
                    results = List.of(rebatch(op, operands, operands(node, declared).getFirst(), declared.get(node.output())));
                } else {
                    results = ShapeRules.apply(op, operands, node.outputs().size());
                }
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new BitgrainException(
                        BitgrainException.Kind.BAD_INPUT,
                        graph.name() + ": " + node + " with operands " + operands + ": " + e.getMessage(),
                        e);
            }
            for (int i = 0; i < results.size(); i++) {
                if (!node.outputs().get(i).isEmpty()) {
                    shapes.put(node.outputs().get(i), results.get(i));
                }
            }
        }
        return shapes;
    }

    private static List<Shape> operands(Node node, Map<String, Shape> shapes) {
        List<Shape> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            operands.add(node.isTensorInput(i) ? shapes.get(node.input(i)) : null);
        }
        return operands;
    }

    private static boolean hardCodesBatch(Op op) {
        return op instanceof Reshape || op instanceof Resize resize && !resize.sizes().isEmpty();
    }

    /** The result for {@code operands}, from what the node made of the declared operand. */
    private static Shape rebatch(Op op, List<Shape> operands, Shape declaredInput, Shape declaredOutput) {
        Shape input = operands.getFirst();
        int axis = 0;
        while (axis < input.rank() && input.dim(axis) == declaredInput.dim(axis)) {
            axis++;
        }
        if (axis == input.rank()) {
            return declaredOutput;
        }
        if (op instanceof Resize) {
            return declaredOutput.with(axis, input.dim(axis));
        }
        int before = declaredInput.size(0, axis);
        for (int to = 0; to < declaredOutput.rank(); to++) {
            long scaled = (long) declaredOutput.dim(to) * input.dim(axis);
            if (declaredOutput.size(0, to) == before && scaled % declaredInput.dim(axis) == 0) {
                return declaredOutput.with(to, Math.toIntExact(scaled / declaredInput.dim(axis)));
            }
        }
        return ShapeRules.apply(op, operands, 1).getFirst();
    }
}
