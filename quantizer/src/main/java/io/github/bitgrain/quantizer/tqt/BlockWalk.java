package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.walk.ActivationCache;
import io.github.bitgrain.quantizer.walk.Frontier;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Goes through blocks in order, with what the float and the quantized network have around each of them at hand. Every part of the
 * float network runs once per batch; a block of the quantized one runs once more, after it was changed, for what follows it.
 */
final class BlockWalk {
    private BlockWalk() {}

    /** Changes a block. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Called with the block's inputs at hand in {@code quantized} and what its results should be in {@code original}.
         *
         * @param number number of the block, from 0
         */
        void visit(TqtBlock block, int number);
    }

    /** The blocks of a twin that hold one of some nodes; of no names: all blocks. */
    static List<TqtBlock> blocks(QuantizedTwin twin, int blockSize, List<String> interested) {
        List<TqtBlock> blocks = new BlockBuilder(twin.graph()).build(node -> twin.plan().isQuantized(node.name()), blockSize);
        if (!interested.isEmpty()) {
            blocks.removeIf(block -> block.nodes().stream().noneMatch(node -> interested.contains(node.name())));
        }
        return blocks;
    }

    /** The float network on its way through the blocks. */
    static Frontier original(QuantizedTwin twin, Map<String, Shape> shapes, List<Map<String, Tensor>> batches, TqtSetting.Collecting collecting,
            int threads) {
        return frontier(twin, shapes, List::of, twin.original().parameters(), batches, collecting, threads);
    }

    /** The quantized network on its way through the blocks. */
    static Frontier quantized(QuantizedTwin twin, Map<String, Shape> shapes, List<Map<String, Tensor>> batches, TqtSetting.Collecting collecting,
            int threads) {
        return frontier(twin, shapes, twin::expansion, twin.parameters(), batches, collecting, threads);
    }

    private static Frontier frontier(QuantizedTwin twin, Map<String, Shape> shapes, Function<Node, List<Node>> expansion, Parameters parameters,
            List<Map<String, Tensor>> batches, TqtSetting.Collecting collecting, int threads) {
        ActivationCache cache = new ActivationCache(collecting == TqtSetting.Collecting.DISK, ActivationCache.LIMIT);
        return new Frontier(twin.graph(), shapes, expansion, parameters, batches, cache, List.of(), threads);
    }

    /** Visits all blocks. */
    static void over(Graph graph, List<TqtBlock> blocks, Frontier original, Frontier quantized, Visitor visitor) {
        over(graph, blocks, block -> List.of(), original, quantized, visitor);
    }

    /**
     * Visits all blocks.
     *
     * @param hidden values inside a block that have to be at hand in {@code original} too
     */
    static void over(Graph graph, List<TqtBlock> blocks, Function<TqtBlock, List<String>> hidden, Frontier original, Frontier quantized,
            Visitor visitor) {
        Set<Node> untrained = new HashSet<>();
        blocks.forEach(block -> untrained.addAll(block.nodes()));
        int number = 0;
        for (TqtBlock block : blocks) {
            quantized.advanceTo(block.inputs(graph), untrained);
            Set<String> wanted = new LinkedHashSet<>(block.outputs());
            wanted.addAll(hidden.apply(block));
            wanted.forEach(original::keep);
            original.advanceTo(wanted, Set.of());
            visitor.visit(block, number++);
            wanted.forEach(original::release);
            block.nodes().forEach(untrained::remove);
            quantized.run(block.nodes(), untrained);
        }
    }
}
