package io.github.bitgrain.quantizer.equalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Channels that are joined, parted, shuffled, resized and summed on their way keep their scales along it. */
class EqualizedNetworksTest {
    private static final int SAMPLES = 6;
    private static final int SIDE = 4;

    /** A network that grows node by node, all maps being [1, channels, 4, 4]. */
    private static final class Net {
        final Random random;
        final Graph.Builder graph = Graph.builder("net").input("x", Shape.of(1, 3, SIDE, SIDE));
        final Parameters parameters = new Parameters();
        final Map<String, Integer> channels = new HashMap<>(Map.of("x", 3));
        int count;

        Net(long seed) {
            random = new Random(seed);
        }

        String add(Op op, int made, String... inputs) {
            String name = "v" + count++;
            graph.node(name + "_node", op, List.of(inputs), name);
            channels.put(name, made);
            return name;
        }

        /** A convolution whose channels have ranges that lie far apart. */
        String conv(String x, int out, boolean padded) {
            String name = "w" + count;
            int in = channels.get(x);
            int side = padded ? 3 : 1;
            Tensor weights = Tensor.zeros(Shape.of(out, in, side, side));
            for (int i = 0; i < weights.size(); i++) {
                weights.data()[i] = (float) (random.nextGaussian() * Math.pow(2, i / (in * side * side) % 5 - 2));
            }
            Tensor bias = Tensor.zeros(Shape.of(out));
            for (int i = 0; i < out; i++) {
                bias.data()[i] = (float) random.nextGaussian();
            }
            parameters.put(name, weights).put(name + "b", bias);
            return add(new Conv(Size.ONE, padded ? Pads.all(1) : Pads.NONE, Size.ONE, 1), out, x, name, name + "b");
        }

        Model end(String... outputs) {
            graph.output(outputs);
            return new Model(graph.build(), parameters);
        }
    }

    private static RangeEqualization.Result equalized(Model model, DataSource samples, Target target) {
        return RangeEqualization.apply(model, samples, SAMPLES, target, node -> 8, false, 1);
    }

    private static DataSource samples(long seed) {
        Random random = new Random(seed);
        Tensor x = Tensor.zeros(Shape.of(SAMPLES, 3, SIDE, SIDE));
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return DataSource.of(Map.of("x", x));
    }

    /** The results of both networks, and of values that maps are given for. */
    private static void computesTheSame(Model model, RangeEqualization.Result result, DataSource samples) {
        List<String> values = new ArrayList<>(model.graph().outputs());
        values.addAll(result.maps().keySet());
        Map<String, Tensor> x = samples.read(0, SAMPLES);
        try (Executor before = new Executor(model.graph(), model.parameters(), Executor.Options.defaults().outputs(values));
                Executor after = new Executor(result.model().graph(), result.model().parameters(), Executor.Options.defaults().outputs(values))) {
            Map<String, Tensor> expected = before.run(x);
            after.run(x).forEach((name, tensor) -> {
                float[] wanted = expected.get(name).data();
                float largest = 0;
                for (float value : wanted) {
                    largest = Math.max(largest, Math.abs(value));
                }
                Tensor restored = result.maps().containsKey(name) ? result.maps().get(name).restore(tensor.copy()) : tensor;
                assertArrayEquals(wanted, restored.data(), 1e-4f * (1 + largest), name);
            });
        }
    }

    @Example
    void aShuffledStageIsScaledAsOne() {
        Net net = new Net(1);
        String left = net.add(new Relu(), 4, net.conv("x", 4, false));
        String right = net.add(new Relu(), 4, net.conv("x", 4, false));
        String joined = net.add(new Concat(1), 8, left, right);
        String parted = net.add(new Reshape(List.of(1L, 2L, 4L, 4L, 4L), false), 2, joined);
        String turned = net.add(new Transpose(List.of(0, 2, 1, 3, 4)), 4, parted);
        String shuffled = net.add(new Reshape(List.of(1L, 8L, 4L, 4L), false), 8, turned);
        String half = net.add(new Slice(List.of(1), List.of(0L), List.of(8L), List.of(2L)), 4, shuffled);
        Model model = net.end(net.conv(half, 2, false), net.conv(shuffled, 3, false));
        DataSource samples = samples(2);
        for (Target target : Target.values()) {
            RangeEqualization.Result result = equalized(model, samples, target);
            computesTheSame(model, result, samples);
            assertTrue(result.maps().keySet().containsAll(Set.of(left, right, joined, parted, turned, shuffled, half)), result.maps().keySet().toString());
            assertEquals(8, result.maps().get(joined).shift(), "nothing pads: zero moves to the lower end");
            assertEquals(8, result.maps().get(half).shift());
        }
    }

    @Example
    void channelsBesideFixedOnesFillTheRangeOfThose() {
        Net net = new Net(3);
        String free = net.add(new Relu(), 4, net.conv("x", 4, false));
        String fixed = net.add(new Sigmoid(), 4, net.conv("x", 4, false));
        Model model = net.end(net.conv(net.add(new Concat(1), 8, free, fixed), 2, true));
        DataSource samples = samples(4);
        RangeEqualization.Result result = equalized(model, samples, Target.ESP32P4);
        computesTheSame(model, result, samples);
        assertEquals(Set.of("v0", free, "v4"), result.maps().keySet());
        try (Executor executor = new Executor(result.model().graph(), result.model().parameters(), Executor.Options.defaults().outputs(List.of(free, fixed)))) {
            Map<String, Tensor> values = executor.run(samples.read(0, SAMPLES));
            double range = 127 * Math.scalb(1.0, LayerNoise.exponentOf(largest(values.get(fixed))));
            assertTrue(largest(values.get(free)) <= range * 1.0001, "beyond the range of the sigmoid");
            assertTrue(largest(values.get(free)) > range / 2, "a part of it only");
        }
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (float value : tensor.data()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    @Example
    void aClipKeepsItsBoundWhereItsChannelsAreSummed() {
        Net net = new Net(5);
        String one = net.add(new Clip(0, 1), 4, net.conv("x", 4, false));
        String other = net.add(new Clip(0, 1), 4, net.conv("x", 4, false));
        Model model = net.end(net.conv(net.add(new Add(), 4, one, other), 2, false));
        DataSource samples = samples(6);
        RangeEqualization.Result result = equalized(model, samples, Target.ESP32P4);
        assertEquals(Set.of(), result.maps().keySet());
        computesTheSame(model, result, samples);
    }

    @Property(tries = 300)
    void networksComputeWhatTheyDid(@ForAll long seed) {
        Net net = new Net(seed);
        List<String> values = new ArrayList<>(List.of(net.conv("x", 4, false), net.add(new Relu(), 6, net.conv("x", 6, true))));
        for (int i = 0; i < net.random.nextInt(4, 14); i++) {
            String x = values.get(net.random.nextInt(values.size()));
            int channels = net.channels.get(x);
            String y = values.get(net.random.nextInt(values.size()));
            switch (net.random.nextInt(13)) {
                case 0, 1 -> values.add(net.conv(x, 2 * net.random.nextInt(1, 4), net.random.nextBoolean()));
                case 2 -> values.add(net.add(new Relu(), channels, x));
                case 3 -> values.add(net.add(new Clip(0, net.random.nextFloat(1, 6)), channels, x));
                case 4 -> values.add(net.add(new Concat(1), channels + net.channels.get(y), x, y));
                case 5 -> values.add(net.channels.get(y) == channels ? net.add(new Add(), channels, x, y) : net.add(new LeakyRelu(0.1f), channels, x));
                case 6 -> values.add(channels < 2 ? x : net.add(new Slice(List.of(1), List.of(1L), List.of((long) channels), List.of(2L)), channels / 2, x));
                case 7 -> values.add(net.add(new MaxPool(Size.square(3), Size.ONE, Pads.all(1), Size.ONE, false), channels, x));
                case 8 -> values.add(net.add(new Sigmoid(), channels, x));
                case 9 -> {
                    String rows = net.add(new Reshape(List.of(1L, (long) channels, 16L), false), channels, x);
                    String turned = net.add(new Transpose(List.of(0, 2, 1)), 16, rows);
                    String moved = net.add(new Relu(), 16, turned);
                    values.add(net.add(new Reshape(List.of(1L, (long) channels, 4L, 4L), false), channels, net.random.nextBoolean() ? moved : turned));
                }
                case 10 -> {
                    String small = net.add(new MaxPool(Size.square(2), Size.square(2), Pads.NONE, Size.ONE, false), channels, x);
                    values.add(net.add(new Resize(Resize.Mode.LINEAR, Resize.Coordinates.HALF_PIXEL, Resize.Nearest.FLOOR, -0.75f, List.of(1f, 1f, 2f, 2f), List.of()),
                            channels, small));
                }
                case 11 -> {
                    String mean = net.add(new ReduceMean(List.of(2, -1), true), channels, x);
                    values.add(net.add(new Resize(Resize.Mode.NEAREST, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, -0.75f, List.of(1f, 1f, 4f, 4f), List.of()),
                            channels, mean));
                }
                default -> {
                    String more = net.conv(x, 8, false);
                    String half = net.add(new MaxPool(Size.square(2), Size.square(2), Pads.NONE, Size.ONE, false), 8, more);
                    values.add(net.add(new DepthToSpace(2, false), 2, half));
                }
            }
        }
        Model model = net.end(net.conv(values.getLast(), 2, false), net.conv(values.get(values.size() / 2), 3, true));
        DataSource samples = samples(seed);
        Target target = Target.values()[net.random.nextInt(Target.values().length)];
        RangeEqualization.Result result = RangeEqualization.apply(model, samples, SAMPLES, target, node -> 8, net.random.nextBoolean(), 1);
        ShapeInference.infer(result.model().graph(), result.model().parameters());
        computesTheSame(model, result, samples);
    }
}
