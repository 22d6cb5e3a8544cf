package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** The nodes of a graph or branch in an order in which each finds what it reads: file order, except where a file is not sorted. */
final class OnnxNodes {
    private final List<NodeProto> nodes;
    private final List<String> names;

    /**
     * Nodes with names of their own.
     *
     * @param prefix of every name
     * @param taken names of nodes so far; those of these are added
     */
    OnnxNodes(List<NodeProto> nodes, String prefix, Set<String> taken) {
        this.nodes = nodes;
        names = new ArrayList<>();
        Set<String> used = new HashSet<>();
        nodes.forEach(node -> used.add(prefix + node.getName()));
        int next = 0;
        for (NodeProto node : nodes) {
            String name = node.getName().isEmpty() ? "" : prefix + node.getName();
            while (name.isEmpty() || !taken.add(name)) {
                name = prefix + "generated_name_" + next++;
                if (used.contains(name)) {
                    name = "";
                }
            }
            names.add(name);
        }
    }

    /**
     * Gives nodes with their names away, each as soon as it can be computed.
     *
     * @param known whether a value is there
     * @param failure what to throw for a node that waits for ever: its name and type, and the value that is missing
     */
    void forEach(Predicate<String> known, BiConsumer<NodeProto, String> action, BiFunction<String, String, RuntimeException> failure) {
        boolean[] done = new boolean[nodes.size()];
        int left = done.length;
        while (left > 0) {
            int before = left;
            for (int i = 0; i < done.length; i++) {
                if (!done[i] && reads(nodes.get(i)).stream().allMatch(known)) {
                    action.accept(nodes.get(i), names.get(i));
                    done[i] = true;
                    left--;
                }
            }
            if (left == before) {
                int first = 0;
                while (done[first]) {
                    first++;
                }
                NodeProto node = nodes.get(first);
                String missing = reads(node).stream().filter(known.negate()).findFirst().orElse("");
                throw failure.apply("\"" + names.get(first) + "\" (" + node.getOpType() + ")", missing);
            }
        }
    }

    /** What a node reads, itself and from inside its branches. */
    static List<String> reads(NodeProto node) {
        if (node.getAttributeList().stream().noneMatch(AttributeProto::hasG)) {
            return node.getInputList();
        }
        List<String> reads = new ArrayList<>(node.getInputList());
        for (AttributeProto attribute : node.getAttributeList()) {
            GraphProto branch = attribute.getG();
            Set<String> own = new HashSet<>();
            branch.getInputList().forEach(input -> own.add(input.getName()));
            branch.getInitializerList().forEach(tensor -> own.add(tensor.getName()));
            branch.getNodeList().forEach(inner -> own.addAll(inner.getOutputList()));
            branch.getNodeList().forEach(inner -> reads(inner).stream().filter(value -> !own.contains(value)).forEach(reads::add));
        }
        return reads;
    }
}
