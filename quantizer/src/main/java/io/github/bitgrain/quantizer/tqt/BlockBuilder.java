package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.quantizer.plan.OperatorTraits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Cuts a graph into ESP-PPQ's blocks ({@code quantization/algorithm/training.py}): every quantized computing node that is in
 * no block yet starts one; the block grows along the chain, or to the node where branches meet again, while the depth
 * difference to its start is at most {@code blockSize}. Nodes that no chain reaches are in no block.
 */
public final class BlockBuilder {
    private final Graph graph;
    private final Map<Node, Integer> depths = new HashMap<>();

    /** Prepares the depths (longest way from a node without producers) of a graph. */
    public BlockBuilder(Graph graph) {
        this.graph = graph;
        for (Node node : graph.nodes()) {
            depths.put(node, producers(node).stream().mapToInt(maker -> depths.get(maker) + 1).max().orElse(0));
        }
    }

    /** Whether blocks start at such nodes: they have weights and most of the arithmetic. */
    public static boolean isComputing(Node node) {
        return OperatorTraits.isComputing(node.op());
    }

    /**
     * The blocks in order of their starts.
     *
     * @param quantized which nodes run on integers; only those start blocks
     * @param blockSize largest difference of depth between end and start
     */
    public List<TqtBlock> build(Predicate<Node> quantized, int blockSize) {
        Set<Node> visited = new HashSet<>();
        List<TqtBlock> blocks = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (isComputing(node) && quantized.test(node) && !visited.contains(node)) {
                TqtBlock block = grow(node, blockSize);
                visited.addAll(block.nodes());
                blocks.add(block);
            }
        }
        return blocks;
    }

    private TqtBlock grow(Node start, int blockSize) {
        Node end = start;
        for (Node next = next(end); next != null && depths.get(next) - depths.get(start) <= blockSize; next = next(end)) {
            end = next;
        }
        return new TqtBlock(start, end, between(start, end));
    }

    private Node next(Node end) {
        List<Node> readers = readers(end);
        return readers.size() > 1 ? meeting(readers) : readers.stream().filter(this::continuesChain).findFirst().orElse(null);
    }

    private boolean continuesChain(Node node) {
        return !(node.op() instanceof Resize) && activationInputs(node) == 1 && producers(node).size() == 1;
    }

    /** ESP-PPQ takes an omitted operand for an activation: a Resize without region or a Pad without value ends a chain. */
    private int activationInputs(Node node) {
        int count = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            if (!node.hasInput(i) || node.isTensorInput(i) && !graph.isParameter(node.input(i))) {
                count++;
            }
        }
        return count;
    }

    /** The first node, in order of depth, through which every way from {@code branches} leads. */
    private Node meeting(List<Node> branches) {
        Map<Node, Integer> arrival = new HashMap<>();
        PriorityQueue<Node> queue = new PriorityQueue<>(Comparator.<Node>comparingInt(depths::get).thenComparingInt(arrival::get));
        for (Node branch : branches) {
            enqueue(branch, arrival, queue);
        }
        while (!queue.isEmpty()) {
            Node candidate = queue.remove();
            Set<Node> makers = producers(candidate);
            if (queue.isEmpty() && makers.size() > 1 && arrival.keySet().containsAll(makers)) {
                return candidate;
            }
            for (Node reader : readers(candidate)) {
                enqueue(reader, arrival, queue);
            }
        }
        return null;
    }

    private static void enqueue(Node node, Map<Node, Integer> arrival, PriorityQueue<Node> queue) {
        if (arrival.putIfAbsent(node, arrival.size()) == null) {
            queue.add(node);
        }
    }

    /** Members: what lies on a way from start to end. */
    private List<Node> between(Node start, Node end) {
        Set<Node> after = new HashSet<>(List.of(start));
        for (Node node : graph.nodes()) {
            if (producers(node).stream().anyMatch(after::contains)) {
                after.add(node);
            }
        }
        Set<Node> before = new HashSet<>(List.of(end));
        for (Node node : graph.nodes().reversed()) {
            if (readers(node).stream().anyMatch(before::contains)) {
                before.add(node);
            }
        }
        return graph.nodes().stream().filter(after::contains).filter(before::contains).toList();
    }

    private Set<Node> producers(Node node) {
        Set<Node> makers = new LinkedHashSet<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Node maker = node.isTensorInput(i) ? graph.producer(node.input(i)) : null;
            if (maker != null) {
                makers.add(maker);
            }
        }
        return makers;
    }

    private List<Node> readers(Node node) {
        Set<Node> readers = new LinkedHashSet<>();
        node.outputs().forEach(value -> readers.addAll(graph.consumers(value)));
        return List.copyOf(readers);
    }
}
