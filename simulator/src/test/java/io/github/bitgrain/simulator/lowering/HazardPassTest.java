package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Abs;
import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Floor;
import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.IntegerDiv;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the chip would compute wrongly is lowered otherwise or refused by name, never passed on. */
class HazardPassTest {
    private static final Conv POINTWISE = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);

    private static Nets one(Target target, Op op, int... shape) {
        return new Nets(target).input("x", shape).node("node", op, List.of("x"), "y").output("y");
    }

    private static String refusal(Nets net) {
        return assertThrows(BitgrainException.class, net::lower).getMessage();
    }

    @Test
    void operatorsWithoutAKernelAreRefusedByName() {
        assertEquals("node \"node\" (Abs): ESP-DL has no kernel for this operator; rewrite it with operators that have one,"
                + " or end the graph before it and compute it in the application", refusal(one(Target.C, new Abs(), 1, 4)));
    }

    @Test
    void whatTheApplicationComputesIsRefusedByName() {
        for (Op op : List.of(new TopK(2, 1, true, true), new ArgMax(1, true), new Floor(), new Cast(true), new Tile(List.of(1L, 2L)))) {
            assertEquals("node \"node\" (" + op.onnxType() + "): ESP-DL has no kernel for this operator; the application computes it: end the network before it"
                    + " (--head cut)", refusal(one(Target.ESP32P4, op, 1, 4)));
        }
        for (Op op : List.of(new GatherElements(1), new GatherNd(0), new IndexedGather(0), new IntegerDiv(), new Mod(false))) {
            String message = refusal(new Nets(Target.ESP32P4).input("x", 2, 2).node("node", op, List.of("x", "x"), "y").output("y"));
            assertTrue(message.contains("\"node\" (" + op.onnxType() + ")") && message.endsWith("(--head cut)"), message);
        }
    }

    @Test
    void averagesThatWouldCountPaddingAreRefused() {
        AveragePool padded = new AveragePool(Size.square(3), Size.square(2), Pads.all(1), false, false);
        String message = refusal(one(Target.ESP32S3, padded, 1, 4, 8, 8));
        assertTrue(message.contains("\"node\"") && message.contains("count_include_pad 1"), message);
        AveragePool counting = new AveragePool(Size.square(3), Size.square(2), Pads.all(1), true, false);
        assertEquals(List.of("AveragePool"), Nets.types(one(Target.ESP32S3, counting, 1, 4, 8, 8).lower()));
        // The padding below and to the right is never reached: 7 rows, windows of 3 at 0 and 3.
        AveragePool unreached = new AveragePool(Size.square(3), Size.square(3), new Pads(0, 0, 1, 1), false, false);
        assertEquals(List.of("AveragePool"), Nets.types(one(Target.ESP32S3, unreached, 1, 4, 7, 7).lower()));
    }

    @Test
    void aCeilingMaxPoolGetsTheMissingPadding() {
        MaxPool ceiling = new MaxPool(Size.square(2), Size.square(2), Pads.NONE, Size.ONE, true);
        ChipNode pool = Nets.only(one(Target.ESP32P4, ceiling, 1, 4, 5, 7).lower(), "MaxPool");
        assertEquals(List.of(0L, 0L, 1L, 1L), pool.integers("pads", List.of()));
    }

    @Test
    void aGlobalMaxPoolBecomesOneWindow() {
        ChipProgram program = one(Target.ESP32P4, new GlobalMaxPool(), 1, 4, 5, 7).lower();
        assertEquals(List.of(5L, 7L), Nets.only(program, "MaxPool").integers("kernel_shape", List.of()));
        assertEquals(List.of(1, 1, 1, 4), program.value("y").shape());
    }

    @Test
    void aGroupedConvolutionBecomesADenseOneWithZeros() {
        ChipProgram program = new Nets(Target.C)
                .input("x", 1, 4, 1, 1)
                .constant("w", new int[] {2, 2, 1, 1}, 0.25f, 0.5f, -0.25f, -0.5f)
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 2), List.of("x", "w"), "y")
                .output("y")
                .lower();
        assertEquals(1, program.nodes().getFirst().integer("group", 0));
        assertEquals(List.of(1, 1, 4, 2), program.parameters().get("w").dims());
        assertArrayEquals(new long[] {32, 64, 0, 0, 0, 0, -32, -64}, program.parameters().get("w").longs());
    }

    @Test
    void aNegativeShiftIsRefusedWithItsChannel() {
        Nets net = new Nets(Target.ESP32P4)
                .input("x", 1, 3, 1, 1)
                .constant("w", new int[] {2, 3, 1, 1}, 0.5f)
                .node("conv", POINTWISE, List.of("x", "w"), "y")
                .exponent(Slot.input("conv", 1), -7, 1)
                .output("y");
        assertEquals("node \"conv\" (Conv): the exponents -4 of the input, 1 of the weights (output channel 1) and -4 of the"
                + " output ask for a shift by -1, the chip shifts by 0 … 31; raise the exponent of the output", refusal(net));
    }

    @Test
    void aDeadChannelGetsAnExponentThatItsBiasFits() {
        ChipProgram program = new Nets(Target.ESP32P4)
                .input("x", 1, 1, 1, 1)
                .constant("w", new int[] {2, 1, 1, 1}, 0.5f, 0f)
                .constant("b", new int[] {2}, 1f)
                .node("conv", POINTWISE, List.of("x", "w", "b"), "y")
                .exponent(Slot.input("conv", 1), -7, -26)
                .output("y")
                .lower();
        // 1.0 at 2^(-4-26) needs 31 bits; the kernel of channels behind the last block has 25.
        assertEquals(Exponents.of(-7, -19), program.parameters().get("w").exponents());
        assertEquals(Exponents.of(-11, -23), program.parameters().get("b").exponents());
        assertArrayEquals(new long[] {1 << 11, 1 << 23}, program.parameters().get("b").longs());
    }

    @Test
    void wideningThatForgetsElementsGoesInTwoSteps() {
        // 56 elements: more than 50, and 8 beyond a multiple of 16.
        Nets net = new Nets(Target.ESP32S3)
                .input("x", 1, 56)
                .node("narrow", new Sigmoid(), List.of("x"), "s")
                .node("wide", new Sigmoid(), List.of("s"), "y")
                .bits("wide", 16)
                .exponent(Slot.input("wide", 0), -12)
                .output("y");
        ChipProgram program = net.lower();
        assertEquals(List.of("Sigmoid", "RequantizeLinear", "RequantizeLinear", "Sigmoid"), Nets.types(program));
        assertEquals(-4, program.value(program.nodes().get(1).outputs().getFirst()).exponent());
        assertEquals(List.of("Sigmoid", "RequantizeLinear", "Sigmoid"), Nets.types(net.lower(LoweringOptions.PARITY)));
    }

    @Test
    void aLeftShiftThatOverflowsTheMultiplierGoesInSteps() {
        ChipProgram program = new Nets(Target.ESP32P4)
                .input("x", 1, 64)
                .node("first", new Sigmoid(), List.of("x"), "s")
                .node("second", new Sigmoid(), List.of("s"), "y")
                .exponent(Slot.output("first", 0), 0)
                .exponent(Slot.input("second", 0), -15)
                .output("y")
                .lower();
        List<Integer> exponents = program.nodes().stream().filter(node -> node.opType().equals("RequantizeLinear"))
                .map(node -> program.value(node.outputs().getFirst()).exponent()).toList();
        assertEquals(List.of(-6, -12, -15), exponents);
    }

    @Test
    void aPReluThatCannotRescaleIsRescaledBehind() {
        Nets net = new Nets(Target.C)
                .input("x", 1, 3, 2, 2)
                .constant("slope", new int[] {3, 1, 1}, 0.25f)
                .node("prelu", new PRelu(), List.of("x", "slope"), "y")
                .exponent(Slot.output("prelu", 0), -3)
                .output("y");
        ChipProgram program = net.lower();
        assertEquals(List.of("PRelu", "RequantizeLinear"), Nets.types(program));
        assertEquals(-4, program.value(program.nodes().getFirst().outputs().getFirst()).exponent());
        assertEquals(List.of("y"), program.nodes().get(1).outputs());
        assertEquals(List.of(3, 1, 1), program.parameters().get("slope").dims());
    }

    @Test
    void negativeIndicesAreCountedFromTheStart() {
        Gather last = new Gather(1, List.of(-1, 0), Shape.of(2));
        ChipProgram program = one(Target.C, last, 1, 5).lower();
        assertArrayEquals(new long[] {4, 0}, program.parameters().get(program.nodes().getFirst().inputs().get(1)).longs());
    }

    @Test
    void aResizeThatTheChipDoesDifferentlyIsRefused() {
        Resize doubling = nearest(Resize.Coordinates.HALF_PIXEL, Resize.Nearest.ROUND_PREFER_FLOOR, 2f);
        assertEquals(List.of("Resize"), Nets.types(one(Target.ESP32S3, doubling, 1, 2, 4, 4).lower()));
        String sixteen = refusal(one(Target.ESP32S3, doubling, 1, 2, 4, 4).bits("node", 16));
        assertTrue(sixteen.contains("16 bits"), sixteen);
        Resize other = nearest(Resize.Coordinates.HALF_PIXEL, Resize.Nearest.CEIL, 2f);
        String message = refusal(one(Target.ESP32S3, other, 1, 2, 4, 4));
        assertTrue(message.contains("use asymmetric, floor"), message);
    }

    private static Resize nearest(Resize.Coordinates coordinates, Resize.Nearest rounding, float scale) {
        List<Float> scales = List.of(1f, 1f, scale, scale);
        return new Resize(Resize.Mode.NEAREST, coordinates, rounding, -0.75f, scales, Collections.emptyList());
    }

    @Test
    void exponentsBeyondTheChipsScalesAreRefused() {
        String message = refusal(one(Target.C, new Sigmoid(), 1, 4).exponent(Slot.output("node", 0), -31));
        assertTrue(message.contains("the chip knows −30 … 30"), message);
    }
}
