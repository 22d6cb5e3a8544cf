package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.Simulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Operators that move elements, where these lie on the chip, against ESP-PPQ's way to restore ONNX's order in front of each. */
class MovingInStorageTest {
    private static final Conv POINTWISE = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);

    private static Nets image(int channels, int height, int width) {
        return conv(new Nets(Target.ESP32P4).input("x", 1, 3, height, width), "first", "x", 3, channels, "c");
    }

    private static Nets conv(Nets net, String name, String x, int in, int out, String y) {
        float[] weights = new float[out * in];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (i * 7 % 11 - 5) / 16f;
        }
        return net.constant(name + "/w", new int[] {out, in, 1, 1}, weights).constant(name + "/b", new int[] {out}, 0.25f)
                .node(name, POINTWISE, List.of(x, name + "/w", name + "/b"), y);
    }

    private static Reshape reshape(long... shape) {
        return new Reshape(Arrays.stream(shape).boxed().toList(), false);
    }

    private static Transpose transpose(Integer... perm) {
        return new Transpose(List.of(perm));
    }

    @Example
    void aChannelShuffleIsOneTranspose() {
        Nets net = image(6, 4, 5).node("part", reshape(1, 2, 3, 4, 5), List.of("c"), "p").node("shuffle", transpose(0, 2, 1, 3, 4), List.of("p"), "s")
                .node("join", reshape(1, 6, 4, 5), List.of("s"), "j").node("halves", new Split(1, List.of(3, 3)), List.of("j"), "l", "r");
        Nets end = conv(conv(net, "left", "l", 3, 3, "m"), "right", "r", 3, 3, "n").node("all", new Concat(1), List.of("m", "n"), "y").output("y");
        assertEquals(List.of("Conv", "Reshape", "Transpose", "Reshape", "Split", "Conv", "Conv", "Concat"), Nets.types(end.lower()));
        assertEquals(4, Nets.types(end.lower(LoweringOptions.PARITY)).stream().filter("Transpose"::equals).count());
        computesTheSame(end, 3 * 4 * 5);
    }

    @Example
    void aDetectorsHeadTakesPixelsAsRowsAsTheyLie() {
        Nets net = image(6, 4, 5).node("rows", reshape(1, 6, 20), List.of("c"), "r").node("turn", transpose(0, 2, 1), List.of("r"), "y").output("y");
        assertEquals(List.of("Conv", "Reshape"), Nets.types(net.lower()));
        assertEquals(List.of(1, 20, 6), net.lower().value("y").shape());
        computesTheSame(net, 3 * 4 * 5);
    }

    @Example
    void whatIsPooledToOnePixelIsFlattenedAsItIs() {
        Nets net = image(6, 4, 5).node("pool", new GlobalAveragePool(), List.of("c"), "g").node("flat", new Flatten(1), List.of("g"), "f")
                .constant("w", new int[] {6, 2}, 0.5f, -0.25f).constant("b", new int[] {2}, 0.5f)
                .node("classes", new Gemm(1, 1, false, false), List.of("f", "w", "b"), "y").output("y");
        assertEquals(List.of("Conv", "GlobalAveragePool", "Flatten", "Gemm"), Nets.types(net.lower()));
        computesTheSame(net, 3 * 4 * 5);
    }

    @Example
    void resultsOfAReshapeHaveOnnxsOrder() {
        Nets net = image(6, 4, 5).node("rows", reshape(1, 6, 20), List.of("c"), "y").output("y");
        assertEquals(List.of("Conv", "Transpose", "Reshape"), Nets.types(net.lower()));
        assertEquals(List.of(1, 6, 20), net.lower().value("y").shape());
    }

    @Example
    void aConvolutionAtTheEndReadsWhatLiesInAnUnusualOrder() {
        Nets net = image(2, 2, 1).node("drop", new Squeeze(List.of(3)), List.of("c"), "d").node("add", new Unsqueeze(List.of(1)), List.of("d"), "a");
        computesTheSame(conv(net, "last", "a", 1, 4, "y").output("y"), 6);
    }

    /** Chains of moves between convolutions compute what they do in ONNX's order, with no more Transposes. */
    @Property(tries = 2000)
    void chainsComputeTheSameWithNoMoreTransposes(@ForAll long seed) {
        Random random = new Random(seed);
        int[] shape = {1, 2 * random.nextInt(1, 4), random.nextInt(1, 4), random.nextInt(1, 5)};
        int size = 3 * shape[2] * shape[3];
        Nets net = image(shape[1], shape[2], shape[3]);
        String value = "c";
        for (int i = 0; i < random.nextInt(1, 7); i++) {
            if (shape.length == 4 && random.nextInt(4) == 0) {
                net = conv(net, "node" + i, value, shape[1], 4, "v" + i);
                shape[1] = 4;
            } else {
                Op op = move(shape, random);
                net = net.node("node" + i, op, List.of(value), "v" + i);
                shape = ShapeInference.of(op, List.of(Shape.of(shape)), 1).getFirst().dims().clone();
            }
            value = "v" + i;
        }
        computesTheSame(net.node("end", new Relu(), List.of(value), "y").output("y"), size);
    }

    private static Op move(int[] shape, Random random) {
        int rank = shape.length;
        List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        switch (random.nextInt(7)) {
            case 0, 1:
                Collections.shuffle(axes.subList(1, rank), random);
                return new Transpose(axes);
            case 2: {
                int at = 1 + random.nextInt(rank - 1);
                return new Slice(List.of(at), List.of(0L), List.of((long) shape[at]), List.of(shape[at] > 2 ? 2L : 1L));
            }
            case 3: {
                List<Integer> none = new ArrayList<>(Collections.nCopies(rank, 0));
                List<Integer> some = new ArrayList<>(none);
                some.set(1 + random.nextInt(rank - 1), 1);
                return new Pad(Pad.Mode.CONSTANT, some, none, 0);
            }
            case 4:
                for (int axis = 1; axis < rank; axis++) {
                    if (shape[axis] == 1 && rank > 2) {
                        return new Squeeze(List.of(axis));
                    }
                }
                return new Relu();
            case 5:
                return rank < 5 ? new Unsqueeze(List.of(1 + random.nextInt(rank))) : new Relu();
            default:
                return regrouped(shape, random);
        }
    }

    private static Op regrouped(int[] shape, Random random) {
        List<Long> extents = new ArrayList<>(Arrays.stream(shape).asLongStream().boxed().toList());
        int at = 1 + random.nextInt(shape.length - 1);
        if (random.nextBoolean() && at + 1 < shape.length) {
            extents.set(at, extents.get(at) * extents.remove(at + 1));
        } else if (shape[at] % 2 == 0 && shape.length < 5) {
            extents.set(at, extents.get(at) / 2);
            extents.add(random.nextBoolean() ? at : at + 1, 2L);
        }
        return new Reshape(extents, false);
    }

    private static void computesTheSame(Nets net, int size) {
        LoweredModel ours = net.lowered(LoweringOptions.IMPROVED);
        LoweredModel theirs = net.lowered(LoweringOptions.PARITY);
        float[] x = new float[size];
        for (int i = 0; i < size; i++) {
            x[i] = (i * 37 % 101 - 50) / 16f;
        }
        assertArrayEquals(run(theirs, x), run(ours, x), Nets.types(ours.program()).toString());
        assertTrue(transposes(ours) <= transposes(theirs), () -> Nets.types(ours.program()) + " instead of " + Nets.types(theirs.program()));
    }

    private static long transposes(LoweredModel model) {
        return Nets.types(model.program()).stream().filter("Transpose"::equals).count();
    }

    private static float[] run(LoweredModel model, float[] x) {
        Simulator chip = new Simulator(model.program(), Target.ESP32P4);
        chip.setInput("x", model.toChipOrder("x", x));
        chip.run();
        ChipBuffer y = chip.value("y");
        float[] reals = new float[y.count()];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = (float) y.real(i);
        }
        return model.toOnnxOrder("y", reals);
    }
}
