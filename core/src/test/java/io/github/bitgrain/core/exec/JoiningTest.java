package io.github.bitgrain.core.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Values that are made or read inside larger ones; an executor that has to show every value copies them all. */
class JoiningTest {
    private static final Pads AROUND = new Pads(1, 1, 1, 1);
    private static final MaxPool POOL = new MaxPool(new Size(3, 3), Size.ONE, AROUND, Size.ONE, false);
    private static final AveragePool AVERAGE = new AveragePool(new Size(3, 3), Size.ONE, AROUND, false, true);

    /** A network under construction: every value has 7×5 positions. */
    private static final class Network {
        final Random random;
        final Graph.Builder graph = Graph.builder("joined").input("x", Shape.of(2, 3, 7, 5));
        final Parameters parameters = new Parameters();
        final Map<String, Integer> channels = new LinkedHashMap<>(Map.of("x", 3));

        Network(long seed) {
            random = new Random(seed);
        }

        Network conv(String x, String y, int out, int kernel) {
            Tensor w = Tensor.zeros(Shape.of(out, channels.get(x), kernel, kernel));
            for (int i = 0; i < w.size(); i++) {
                w.data()[i] = (float) random.nextGaussian() / kernel / (float) Math.sqrt(channels.get(x));
            }
            parameters.put("w" + y, w);
            int pad = kernel / 2;
            return node(new Conv(Size.ONE, new Pads(pad, pad, pad, pad), Size.ONE, 1), out, y, x, "w" + y);
        }

        Network node(Op op, int out, String y, String... operands) {
            graph.node(y, op, List.of(operands), y);
            channels.put(y, out);
            return this;
        }

        Network split(String x, String first, String second, int channel) {
            int rest = channels.get(x) - channel;
            graph.node(new Node(first + "#split", new Split(1, List.of(channel, rest)), List.of(x), List.of(first, second)));
            channels.put(first, channel);
            channels.put(second, rest);
            return this;
        }

        Network concat(String y, String... parts) {
            return node(new Concat(1), List.of(parts).stream().mapToInt(channels::get).sum(), y, parts);
        }

        /** Names of the nodes that take time. */
        Set<String> steps(String output) {
            try (Executor executor = new Executor(graph.output(output).build(), parameters, Executor.Options.defaults())) {
                return executor.profile(Map.of("x", input()), 1).keySet();
            }
        }

        Tensor input() {
            Tensor x = Tensor.zeros(Shape.of(2, 3, 7, 5));
            Random values = new Random(1);
            for (int i = 0; i < x.size(); i++) {
                x.data()[i] = (float) values.nextGaussian();
            }
            return x;
        }

        void check(String output) {
            Graph built = graph.output(output).build();
            float[] expected;
            Executor.Options options = Executor.Options.defaults();
            try (Executor executor = new Executor(built, parameters, options.observe(channels.keySet(), view -> { }))) {
                expected = executor.run(Map.of("x", input())).get(output).data();
            }
            for (int threads = 1; threads <= 3; threads++) {
                try (Executor executor = new Executor(built, parameters, options.threads(threads))) {
                    for (int run = 0; run < 2; run++) {
                        assertArrayEquals(expected, executor.run(Map.of("x", input())).get(output).data(), built + ", " + threads + " threads");
                    }
                }
            }
        }
    }

    /** The block of YOLO: a part goes on, its convolutions' sum is joined to both parts. */
    private static Network bottleneck(int channels) {
        return new Network(7).conv("x", "a", 2 * channels, 1).split("a", "left", "right", channels)
                .conv("right", "b", 8, 3).conv("b", "c", channels, 3).node(new Add(), channels, "sum", "c", "right")
                .concat("all", "left", "right", "sum").conv("all", "y", 5, 1);
    }

    @Test
    void partsOfABottleneckAreNeverCopied() {
        bottleneck(16).check("y");
        assertEquals(Set.of("a", "b", "c", "y"), bottleneck(16).steps("y"));
    }

    @Test
    void partsThatBeginInsideAVectorAreCopied() {
        bottleneck(8).check("y");
        assertTrue(bottleneck(8).steps("y").containsAll(Set.of("left#split", "all")));
    }

    @Test
    void aChainOfPoolsIsMadeInPlace() {
        Network network = new Network(3).conv("x", "a", 16, 1).node(POOL, 16, "b", "a").node(POOL, 16, "c", "b").node(AVERAGE, 16, "d", "c")
                .concat("all", "a", "b", "c", "d").conv("all", "y", 20, 3);
        network.check("y");
        assertFalse(network.steps("y").contains("all"));
    }

    @Test
    void resizedMapsAreMadeInPlace() {
        for (Resize.Mode mode : Resize.Mode.values()) {
            Resize resize = new Resize(mode, Resize.Coordinates.HALF_PIXEL, Resize.Nearest.FLOOR, -0.75f, List.of(), List.of(2L, 16L, 7L, 5L));
            MaxPool half = new MaxPool(new Size(2, 2), new Size(2, 2), Pads.NONE, Size.ONE, true);
            Network network = new Network(3).conv("x", "a", 16, 1).node(half, 16, "small", "a").node(resize, 16, "b", "small")
                    .node(new Resize(mode, Resize.Coordinates.HALF_PIXEL, Resize.Nearest.FLOOR, -0.75f, List.of(1f, 1f, 1f, 1f), List.of()), 16, "same", "a")
                    .concat("all", "a", "b").conv("all", "c", 16, 1).concat("again", "c", "same").conv("again", "y", 20, 3);
            network.check("y");
            assertFalse(network.steps("y").contains("all"));
        }
    }

    @Test
    void aPartWithAnotherReaderIsCopied() {
        Network network = new Network(3).conv("x", "a", 16, 1).conv("x", "b", 16, 3).node(new Abs(), 16, "c", "a")
                .concat("all", "a", "b", "c").conv("all", "y", 4, 1);
        network.check("y");
        assertTrue(network.steps("y").contains("all"));
    }

    /** "a" has rows of its own, "sum" those of "all". */
    @Test
    void aSumOfDifferentDistancesIsRight() {
        new Network(3).conv("x", "a", 16, 1).conv("x", "b", 16, 3).node(new Add(), 16, "sum", "b", "a").node(new Relu(), 16, "other", "a")
                .concat("all", "sum", "sum").conv("all", "y", 4, 1).node(new Add(), 4, "z", "y", "y").check("z");
    }

    @Test
    void whatTheCallerWantsIsStillThere() {
        Network network = bottleneck(16);
        Graph graph = network.graph.output("y").build();
        float[] alone;
        try (Executor executor = new Executor(graph, network.parameters, Executor.Options.defaults().outputs(List.of("sum")))) {
            alone = executor.run(Map.of("x", network.input())).get("sum").data();
        }
        try (Executor executor = new Executor(graph, network.parameters, Executor.Options.defaults().outputs(List.of("y", "left", "sum", "all")))) {
            assertArrayEquals(alone, executor.run(Map.of("x", network.input())).get("sum").data());
            assertTrue(executor.profile(Map.of("x", network.input()), 1).containsKey("all"), "what is shown lies alone");
        }
    }

    @Property(tries = 150)
    void joinedOrNotNetworksGiveTheSameBits(@ForAll long seed, @ForAll @IntRange(min = 3, max = 12) int nodes) {
        Network network = new Network(seed);
        Random random = network.random;
        List<String> values = new ArrayList<>(List.of("x"));
        for (int i = 0; i < nodes; i++) {
            String y = "v" + i;
            String x = values.get(random.nextInt(values.size()));
            String other = values.get(random.nextInt(values.size()));
            int channels = network.channels.get(x);
            switch (random.nextInt(8)) {
                case 0 -> network.node(random.nextBoolean() ? POOL : AVERAGE, channels, y, x);
                case 1 -> network.node(new Relu(), channels, y, x);
                case 2 -> {
                    if (channels >= 32) {
                        network.split(x, y, y + "b", random.nextInt(3) == 0 ? 24 : 16);
                        values.add(y + "b");
                    } else {
                        network.conv(x, y, 32, 1);
                    }
                }
                case 3, 4 -> network.concat(y, x, other, values.get(random.nextInt(values.size())));
                case 5 -> {
                    if (channels == network.channels.get(other)) {
                        network.node(new Add(), channels, y, x, other);
                    } else {
                        network.conv(x, y, network.channels.get(other), 3);
                    }
                }
                default -> network.conv(x, y, 8 * (1 + random.nextInt(6)), random.nextBoolean() ? 1 : 3);
            }
            values.add(y);
        }
        network.concat("joined", values.getLast(), values.get(random.nextInt(values.size())));
        network.conv("joined", "y", 4, 1).check("y");
    }
}
