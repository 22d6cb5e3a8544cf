package io.github.bitgrain.simulator;

import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What two programs do differently. Names, the order of independent nodes and the order of tensors in a file do not count;
 * nor do the scale and offset operands of conversions, which the chip does not read. Nodes are paired by what they compute
 * from paired values, else by name.
 */
public final class ChipDiff {
    /** What differs. */
    public enum Aspect {
        /** Nodes or connections. */
        GRAPH,
        /** Attributes of a node. */
        ATTRIBUTES,
        /** Exponents or element types. */
        EXPONENTS,
        /** Shapes and orders of storage. */
        LAYOUT,
        /** Contents of weights, biases, tables and index lists. */
        WEIGHTS,
        /** Texts that travel with the program. */
        METADATA,
        /** Embedded test vectors. */
        TEST_VECTORS
    }

    /**
     * One difference.
     *
     * @param aspect what differs
     * @param where the node, value or key; a node by the name it has in the first program
     * @param what first and second content
     */
    public record Difference(Aspect aspect, String where, String what) {
        @Override
        public String toString() {
            return aspect + " " + where + ": " + what;
        }
    }

    private static final Set<String> CONVERSIONS = Set.of("QuantizeLinear", "RequantizeLinear", "DequantizeLinear");

    private final ChipProgram first;
    private final ChipProgram second;
    private final List<Difference> differences = new ArrayList<>();
    /** Values of the first program to those of the second that they correspond to. */
    private final Map<String, String> pairs = new HashMap<>();
    private final Map<ChipNode, ChipNode> nodePairs = new HashMap<>();
    private final Set<ChipNode> taken = new HashSet<>();

    private ChipDiff(ChipProgram first, ChipProgram second) {
        this.first = first;
        this.second = second;
    }

    /** All differences, in the order of the first program; empty when both mean the same. */
    public static List<Difference> compare(ChipProgram first, ChipProgram second) {
        ChipDiff diff = new ChipDiff(first, second);
        diff.compareInputs();
        diff.pairNodes();
        diff.compareNodes();
        diff.compareOutputs();
        diff.compareRest();
        return List.copyOf(diff.differences);
    }

    /**
     * Which value of the second program is which of the first: graph inputs, and outputs of nodes that go together. Values
     * without counterpart are missing.
     */
    public static Map<String, String> pairedValues(ChipProgram first, ChipProgram second) {
        ChipDiff diff = new ChipDiff(first, second);
        diff.compareInputs();
        diff.pairNodes();
        return Map.copyOf(diff.pairs);
    }

    private void report(Aspect aspect, String where, String what) {
        differences.add(new Difference(aspect, where, what));
    }

    private void expect(Aspect aspect, String where, String name, Object one, Object other) {
        if (!Objects.equals(one, other)) {
            report(aspect, where, name + " " + one + " / " + other);
        }
    }

    private void compareInputs() {
        expect(Aspect.GRAPH, "inputs", "number", first.inputs().size(), second.inputs().size());
        boolean sameNames = new HashSet<>(first.inputs()).equals(new HashSet<>(second.inputs()));
        for (int i = 0; i < Math.min(first.inputs().size(), second.inputs().size()); i++) {
            String one = first.inputs().get(i);
            String other = sameNames ? one : second.inputs().get(i);
            pairs.put(one, other);
            compareValues("input " + one, first.value(one), second.value(other));
        }
    }

    private void pairNodes() {
        for (ChipNode node : first.nodes()) {
            ChipNode partner = partner(node);
            if (partner != null) {
                taken.add(partner);
                nodePairs.put(node, partner);
                for (int i = 0; i < Math.min(node.outputs().size(), partner.outputs().size()); i++) {
                    pairs.put(node.outputs().get(i), partner.outputs().get(i));
                }
            }
        }
    }

    private ChipNode partner(ChipNode node) {
        ChipNode best = null;
        int bestScore = 0;
        for (ChipNode candidate : second.nodes()) {
            if (taken.contains(candidate) || !candidate.opType().equals(node.opType())) {
                continue;
            }
            int score = score(node, candidate);
            if (score > bestScore) {
                best = candidate;
                bestScore = score;
            }
        }
        return best;
    }

    /** How well two nodes of one type go together; 0 if they do not. */
    private int score(ChipNode node, ChipNode candidate) {
        boolean sameInputs = readsPairs(node, candidate);
        boolean sameName = node.name().equals(candidate.name()) || node.outputs().equals(candidate.outputs());
        if (!sameInputs && !sameName) {
            return 0;
        }
        int equalParameters = 0;
        for (int i = 1; i < Math.min(node.inputs().size(), candidate.inputs().size()); i++) {
            ChipTensor one = first.parameters().get(node.inputs().get(i));
            ChipTensor other = second.parameters().get(candidate.inputs().get(i));
            if (one != null && other != null && one.data().equals(other.data())) {
                equalParameters++;
            }
        }
        return (sameInputs ? 1000 : 0) + (sameName ? 100 : 0) + 10 * equalParameters
                + (node.attributes().equals(candidate.attributes()) ? 1 : 0);
    }

    private boolean readsPairs(ChipNode node, ChipNode candidate) {
        List<String> ones = node.inputs().stream().filter(first.values()::containsKey).toList();
        List<String> others = candidate.inputs().stream().filter(second.values()::containsKey).toList();
        if (ones.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < ones.size(); i++) {
            if (!others.get(i).equals(pairs.get(ones.get(i)))) {
                return false;
            }
        }
        return true;
    }

    private void compareNodes() {
        for (ChipNode node : first.nodes()) {
            ChipNode partner = nodePairs.get(node);
            if (partner == null) {
                report(Aspect.GRAPH, node.name(), node.opType() + " only in the first");
            } else {
                compareNode(node, partner);
            }
        }
        for (ChipNode node : second.nodes()) {
            if (!taken.contains(node)) {
                report(Aspect.GRAPH, node.name(), node.opType() + " only in the second");
            }
        }
    }

    private void compareNode(ChipNode node, ChipNode partner) {
        String where = node.name();
        for (String key : ChipAttributeDefaults.keys(node, partner)) {
            if (key.equals(ChipNode.LUT)) {
                compareParameters(where + " table", table(first, node), table(second, partner), false);
            } else {
                expect(Aspect.ATTRIBUTES, where, key, ChipAttributeDefaults.value(node, key), ChipAttributeDefaults.value(partner, key));
            }
        }
        int operands = CONVERSIONS.contains(node.opType()) ? 1 : Math.max(node.inputs().size(), partner.inputs().size());
        for (int i = 0; i < operands; i++) {
            boolean grouped = node.integer("group", 1) != 1;
            compareOperand(where + " input " + i, operand(node, i), operand(partner, i), grouped);
        }
        expect(Aspect.GRAPH, where, "outputs", node.outputs().size(), partner.outputs().size());
        for (int i = 0; i < Math.min(node.outputs().size(), partner.outputs().size()); i++) {
            compareValues(where + " output " + i, first.value(node.outputs().get(i)), second.value(partner.outputs().get(i)));
        }
    }

    private static ChipTensor table(ChipProgram program, ChipNode node) {
        return program.parameters().get(node.text(ChipNode.LUT, ""));
    }

    private static String operand(ChipNode node, int index) {
        return index < node.inputs().size() ? node.inputs().get(index) : "";
    }

    private void compareOperand(String where, String one, String other, boolean grouped) {
        ChipTensor a = first.parameters().get(one);
        ChipTensor b = second.parameters().get(other);
        if (a != null && b != null) {
            compareParameters(where, a, b, grouped);
        } else if (a != null || b != null) {
            report(Aspect.GRAPH, where, describe(one, a) + " / " + describe(other, b));
        } else {
            String expected = one.isEmpty() ? "" : pairs.getOrDefault(one, "?");
            if (!expected.equals(other)) {
                report(Aspect.GRAPH, where, "reads " + one + " / " + other);
            }
        }
    }

    private static String describe(String name, ChipTensor tensor) {
        return name.isEmpty() ? "nothing" : tensor == null ? "value " + name : "constant " + tensor;
    }

    private void compareValues(String where, ChipValue one, ChipValue other) {
        expect(Aspect.EXPONENTS, where, "type", one.type(), other.type());
        expect(Aspect.EXPONENTS, where, "exponent", one.exponent(), other.exponent());
        expect(Aspect.LAYOUT, where, "shape", one.shape(), other.shape());
    }

    private void compareParameters(String where, ChipTensor one, ChipTensor other, boolean grouped) {
        if (one == null || other == null) {
            if (one != other) {
                report(Aspect.WEIGHTS, where, describe(one == null ? "" : one.name(), one) + " / "
                        + describe(other == null ? "" : other.name(), other));
            }
            return;
        }
        expect(Aspect.EXPONENTS, where, "type", one.type(), other.type());
        expect(Aspect.EXPONENTS, where, "exponents", one.exponents(), other.exponents());
        expect(Aspect.LAYOUT, where, "shape", scalarAsVector(one.dims()), scalarAsVector(other.dims()));
        expect(Aspect.LAYOUT, where, "layout", plainName(one.layout()), plainName(other.layout()));
        if (one.type() == other.type() && one.count() == other.count()) {
            boolean otherOrder = !plainName(one.layout()).equals(plainName(other.layout()));
            ChipTensor a = otherOrder ? inOnnxOrder(one, grouped) : one;
            ChipTensor b = otherOrder ? inOnnxOrder(other, grouped) : other;
            if (!a.data().equals(b.data())) {
                report(Aspect.WEIGHTS, where, contents(a, b));
            }
        }
    }

    /** Weights of two layouts are compared in the order that both come from. */
    private static ChipTensor inOnnxOrder(ChipTensor weight, boolean grouped) {
        return FilterLayout.of(weight, grouped)
                .map(layout -> ChipTensor.ofLongs(weight.name(), weight.type(), List.of(weight.count()), weight.exponents(),
                        "", Arrays.stream(layout.unpack(weight.ints())).asLongStream().toArray()))
                .orElse(weight);
    }

    private static List<Integer> scalarAsVector(List<Integer> dims) {
        return dims.isEmpty() ? List.of(1) : dims;
    }

    /** Older files spell {@code (N/16)HWC16} as {@code N16HWC16} and leave out the note of plain tensors. */
    private static String plainName(String layout) {
        return layout.isEmpty() ? ChipTensor.PLAIN_LAYOUT : layout.replace("/", "").replace("(", "").replace(")", "");
    }

    private static String contents(ChipTensor one, ChipTensor other) {
        int different = 0;
        double largest = 0;
        for (int i = 0; i < one.count(); i++) {
            double distance = Math.abs(one.element(i) - other.element(i));
            if (distance != 0) {
                different++;
                largest = Math.max(largest, distance);
            }
        }
        return different + " of " + one.count() + " elements differ, by up to " + TestVectors.number(largest);
    }

    private void compareOutputs() {
        List<String> mapped = first.outputs().stream().map(output -> pairs.getOrDefault(output, "?")).toList();
        if (!mapped.equals(second.outputs())) {
            report(Aspect.GRAPH, "outputs", first.outputs() + " / " + second.outputs());
        }
    }

    private void compareRest() {
        expect(Aspect.METADATA, "model version", "number", first.modelVersion(), second.modelVersion());
        Set<String> keys = new LinkedHashSet<>(first.metadata().keySet());
        keys.addAll(second.metadata().keySet());
        for (String key : keys) {
            expect(Aspect.METADATA, key, "text", first.metadata().get(key), second.metadata().get(key));
        }
        compareTests("test inputs", first.testInputs(), second.testInputs());
        compareTests("test outputs", first.testOutputs(), second.testOutputs());
    }

    private void compareTests(String where, List<ChipTensor> ones, List<ChipTensor> others) {
        expect(Aspect.TEST_VECTORS, where, "number", ones.size(), others.size());
        for (int i = 0; i < Math.min(ones.size(), others.size()); i++) {
            ChipTensor one = ones.get(i);
            if (one.type() != others.get(i).type() || !one.dims().equals(others.get(i).dims())) {
                report(Aspect.TEST_VECTORS, where, one + " / " + others.get(i));
            } else if (!one.data().equals(others.get(i).data())) {
                report(Aspect.TEST_VECTORS, one.name(), contents(one, others.get(i)));
            }
        }
    }
}
