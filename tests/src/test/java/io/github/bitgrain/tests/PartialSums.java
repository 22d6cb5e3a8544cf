package io.github.bitgrain.tests;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where a sum of integer products may leave the integers that single precision holds. Σ |x| |w| + |b| bounds every partial sum, in
 * whatever order it is made; it is compared with 2^24 steps, the step being the largest power of two that divides all addends.
 */
final class PartialSums {
    private static final int EXACT = 24;

    private PartialSums() {}

    /** Nodes with an element whose bound is at least 2^24 steps, for one input, with the largest bound in steps. */
    static List<String> tooLarge(Model model, Map<String, Tensor> input) {
        List<Node> sums = model.graph().nodes().stream().filter(node -> node.op() instanceof Conv || node.op() instanceof ConvTranspose
                || node.op() instanceof Gemm || node.op() instanceof MatMul).toList();
        Set<String> wanted = new LinkedHashSet<>();
        sums.forEach(node -> node.inputs().stream().filter(value -> !value.isEmpty() && !input.containsKey(value) && !model.graph().isParameter(value))
                .forEach(wanted::add));
        Map<String, Tensor> values = new LinkedHashMap<>(input);
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(List.copyOf(wanted)))) {
            executor.run(input).forEach((name, tensor) -> values.put(name, tensor.copy()));
        }
        List<String> tooLarge = new ArrayList<>();
        for (Node node : sums) {
            Graph.Builder graph = Graph.builder("bound");
            Parameters parameters = new Parameters();
            int[] exponents = new int[node.inputs().size()];
            for (int i = 0; i < exponents.length; i++) {
                if (node.input(i).isEmpty()) {
                    exponents[i] = Integer.MAX_VALUE;
                    continue;
                }
                Tensor operand = (values.containsKey(node.input(i)) ? values.get(node.input(i)) : model.parameters().get(node.input(i))).copy();
                exponents[i] = magnitudes(operand.data());
                String name = "operand" + i;
                if (i == 0) {
                    graph.input(name, operand.shape());
                    values.put(name, operand);
                } else {
                    parameters.put(name, operand);
                }
            }
            List<String> operands = new ArrayList<>();
            for (int i = 0; i < exponents.length; i++) {
                operands.add(node.input(i).isEmpty() ? "" : "operand" + i);
            }
            Model bound = new Model(graph.node(new Node("sum", node.op(), operands, List.of("y"))).output("y").build(), parameters);
            int step = Math.min(exponents[0] + exponents[1], exponents.length > 2 ? exponents[2] : Integer.MAX_VALUE);
            float largest = 0;
            try (Executor executor = new Executor(bound)) {
                for (float value : executor.run(Map.of("operand0", values.get("operand0"))).get("y").data()) {
                    largest = Math.max(largest, value);
                }
            }
            if (largest >= Math.scalb(1f, EXACT + step)) {
                tooLarge.add(node.name() + ": " + Math.scalb(largest, -step) + " steps");
            }
        }
        return tooLarge;
    }

    /** Takes magnitudes in place; gives the exponent of the largest power of two that divides all of them. */
    private static int magnitudes(float[] values) {
        int exponent = Integer.MAX_VALUE / 4;
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
            if (values[i] != 0) {
                int bits = Float.floatToIntBits(values[i]);
                int mantissa = bits & 0x7fffff | 0x800000;
                exponent = Math.min(exponent, Math.getExponent(values[i]) - 23 + Integer.numberOfTrailingZeros(mantissa));
            }
        }
        return exponent;
    }
}
