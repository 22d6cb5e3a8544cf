package io.github.bitgrain.cli.inspect;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Figures of a chip program. */
public final class ChipFigures {
    private final ChipProgram program;

    private ChipFigures(ChipProgram program) {
        this.program = program;
    }

    /**
     * Counts a program.
     *
     * @param model the file's name
     * @param target the target given by the user, or null: what the program tells
     */
    public static Inspection of(String model, ChipProgram program, Target target) {
        return new ChipFigures(program).inspect(model, target == null ? program.target().orElse(null) : target);
    }

    private Inspection inspect(String model, Target target) {
        List<Inspection.Layer> layers = program.nodes().stream().map(this::layer).toList();
        List<Figures.Step> steps = program.nodes().stream()
                .map(n -> new Figures.Step(n.inputs().stream().filter(program.values()::containsKey).toList(), n.outputs()))
                .toList();
        return new Inspection(
                model,
                target == null ? null : target.id(),
                program.name(),
                layers.size(),
                Figures.histogram(layers.stream().map(Inspection.Layer::type).toList()),
                program.nodes().stream().flatMap(n -> n.inputs().stream()).distinct()
                        .map(program.parameters()::get).filter(Objects::nonNull).mapToLong(ChipTensor::count).sum(),
                program.parameters().values().stream().mapToLong(ChipTensor::sizeInBytes).sum(),
                layers.stream().mapToLong(Inspection.Layer::macs).sum(),
                Figures.peak(steps, program.inputs(), program.outputs(), name -> bytes(program.value(name))),
                program.inputs().stream().map(this::value).toList(),
                program.outputs().stream().map(this::value).toList(),
                program.testInputs().isEmpty() ? 0 : 1,
                program.metadata(),
                layers,
                target == null ? null : Hazard.of(program, target));
    }

    private static long bytes(ChipValue value) {
        return (long) value.count() * value.type().bytes();
    }

    private Inspection.Value value(String name) {
        if (!program.values().containsKey(name)) {
            // An output may be a parameter.
            ChipTensor tensor = program.parameters().get(name);
            return new Inspection.Value(name, tensor.dims(), dtype(tensor.type()), null);
        }
        ChipValue value = program.value(name);
        return new Inspection.Value(
                name, value.shape(), dtype(value.type()), value.type().isQuantized() ? value.exponent() : null);
    }

    private static String dtype(Enum<?> type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private Inspection.Layer layer(ChipNode node) {
        List<ChipTensor> parameters =
                node.inputs().stream().map(program.parameters()::get).filter(Objects::nonNull).toList();
        List<Integer> exponents = parameters.isEmpty() || !parameters.getFirst().type().isQuantized()
                ? List.of()
                : List.of(parameters.getFirst().exponents().min(), parameters.getFirst().exponents().max());
        return new Inspection.Layer(
                node.name(),
                node.opType(),
                node.outputs().stream().map(this::value).toList(),
                exponents,
                parameters.stream().mapToLong(ChipTensor::count).sum(),
                macs(node));
    }

    /**
     * Products of the node: channels are the last axis of feature maps and of both operands of matrix products. 0 where the file
     * is too broken to tell, since the broken node is for those to name who run it.
     */
    private long macs(ChipNode node) {
        List<Integer> in = shape(node.inputs(), 0);
        List<Integer> out = shape(node.outputs(), 0);
        ChipTensor weights = node.inputs().size() < 2 ? null : program.parameters().get(node.inputs().get(1));
        return switch (node.opType()) {
            case "Conv", "Gemm" -> weights == null ? 0 : rows(out) * weights.count();
            case "ConvTranspose" -> weights == null ? 0 : rows(in) * weights.count();
            case "MatMul" -> weights != null ? rows(out) * weights.count() : count(out) * last(in);
            case "LSTM", "GRU" -> in.isEmpty() ? 0 : in.getFirst() * recurrentWeights(node);
            default -> 0;
        };
    }

    private long recurrentWeights(ChipNode node) {
        return node.inputs().stream().limit(3).skip(1)
                .map(program.parameters()::get).filter(Objects::nonNull).mapToLong(ChipTensor::count).sum();
    }

    /** The shape of an operand; empty for a scalar and for an operand that the node has not. */
    private List<Integer> shape(List<String> names, int operand) {
        String name = operand < names.size() ? names.get(operand) : "";
        if (program.values().containsKey(name)) {
            return program.value(name).shape();
        }
        ChipTensor parameter = program.parameters().get(name);
        return parameter == null ? List.of() : parameter.dims();
    }

    private static long count(List<Integer> shape) {
        return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    }

    private static long rows(List<Integer> shape) {
        return count(shape) / Math.max(1, last(shape));
    }

    private static int last(List<Integer> shape) {
        return shape.isEmpty() ? 1 : shape.getLast();
    }
}
