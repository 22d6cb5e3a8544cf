package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoweringTest {
    private static final Conv POINTWISE = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);

    /** x [1, 3, 2, 2] → 1×1 Conv with 4 outputs. */
    private static Nets conv(Target target) {
        return new Nets(target)
                .input("x", 1, 3, 2, 2)
                .constant("w", new int[] {4, 3, 1, 1}, 0.5f, -0.25f, 0.125f)
                .constant("b", new int[] {4}, 1f, -1f)
                .node("conv", POINTWISE, List.of("x", "w", "b"), "c");
    }

    @Test
    void aClipWhoseUpperBoundIsNeverReachedIsARelu() {
        // The largest integer at 2^-4 stands for 7.94.
        Nets net = conv(Target.ESP32S3).node("clip", new Clip(0, 8), List.of("c"), "y").output("y");
        assertEquals(List.of("Conv"), Nets.types(net.lower()));
        assertEquals("Relu", net.lower().nodes().getFirst().text("activation", ""));
        assertEquals(List.of("Conv", "Clip"), Nets.types(net.lower(LoweringOptions.PARITY)));
    }

    @Test
    void aReluBecomesTheActivationOfItsConvAndAClipDoesNot() {
        ChipProgram fused = conv(Target.ESP32S3).node("relu", new Relu(), List.of("c"), "y").output("y").lower();
        assertEquals(List.of("Conv"), Nets.types(fused));
        assertEquals("Relu", fused.nodes().getFirst().text("activation", ""));
        assertEquals(List.of("y"), fused.nodes().getFirst().outputs());
        ChipProgram clipped = conv(Target.ESP32S3).node("clip", new Clip(0, 6), List.of("c"), "y").output("y").lower();
        assertEquals(List.of("Conv", "Clip"), Nets.types(clipped));
        assertEquals("Linear", clipped.nodes().getFirst().text("activation", ""));
    }

    @Test
    void aReluStaysWhereItsInputIsNeededElsewhere() {
        ChipProgram program = conv(Target.C)
                .node("relu", new Relu(), List.of("c"), "r")
                .node("add", new Add(), List.of("c", "r"), "y")
                .output("y")
                .lower();
        assertEquals(List.of("Conv", "Relu", "Add"), Nets.types(program));
    }

    @Test
    void aPadBeforeAConvolutionHasItsOrderOfAxesFromTheInputOn() {
        Pad pad = new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 2), List.of(0, 1, 3, 4), 0);
        Nets net = new Nets(Target.ESP32P4).input("x", 1, 2, 2, 2).node("pad", pad, List.of("x"), "p")
                .constant("w", new int[] {4, 3, 1, 1}, 0.5f).constant("b", new int[] {4}, 1f).node("conv", POINTWISE, List.of("p", "w", "b"), "y").output("y");
        ChipProgram program = net.lower();
        assertEquals(List.of("Pad", "Conv"), Nets.types(program));
        assertEquals(List.of(1, 2, 2, 2), program.value("x").shape());
        assertEquals(List.of(1, 6, 8, 3), program.value("p").shape());
        assertArrayEquals(new long[] {0, 1, 2, 0, 0, 3, 4, 1}, program.parameters().get(program.nodes().getFirst().inputs().get(1)).longs());
        assertEquals(List.of("Pad", "Transpose", "Conv"), Nets.types(net.lower(LoweringOptions.PARITY)));
    }

    @Test
    void aSliceBetweenConvolutionsCutsWhereTheChannelsLie() {
        Slice slice = new Slice(List.of(1, -1), List.of(1L, 0L), List.of(4L, 1L), List.of(2L, 1L));
        Nets net = conv(Target.ESP32P4).node("slice", slice, List.of("c"), "s").constant("v", new int[] {3, 2, 1, 1}, 0.5f)
                .constant("d", new int[] {3}, 1f).node("last", POINTWISE, List.of("s", "v", "d"), "y").output("y");
        ChipProgram program = net.lower();
        assertEquals(List.of("Conv", "Slice", "Conv"), Nets.types(program));
        assertArrayEquals(new long[] {3, 2}, program.parameters().get(program.nodes().get(1).inputs().get(3)).longs());
        assertEquals(2, program.value("s").shape().getLast());
        assertEquals(List.of("Conv", "Transpose", "Slice", "Transpose", "Conv"), Nets.types(net.lower(LoweringOptions.PARITY)));
    }

    @Test
    void weightsAndBiasAreIntegersInTheChipsOrder() {
        ChipProgram program = conv(Target.ESP32S3).output("c").lower();
        ChipTensor weight = program.parameters().get("w");
        assertEquals(List.of(1, 1, 3, 4), weight.dims());
        assertEquals("(N/16)HWC16_UNALIGNED", weight.layout());
        // 0.5, -0.25, 0.125 at 2^-7, four outputs behind each other.
        assertArrayEquals(new long[] {64, -32, 16, 64, -32, 16, 64, -32, 16, 64, -32, 16}, weight.longs());
        ChipTensor bias = program.parameters().get("b");
        assertEquals(ElementType.INT32, bias.type());
        assertEquals(-11, bias.exponents().single());
        assertArrayEquals(new long[] {2048, -2048, 2048, -2048}, bias.longs());
    }

    @Test
    void anS3BiasStaysInside20Bits() {
        ChipProgram program = new Nets(Target.ESP32S3)
                .input("x", 1, 1, 1, 1)
                .constant("w", new int[] {2, 1, 1, 1}, 0.5f)
                .constant("b", new int[] {2}, 1000f, -1000f)
                .node("conv", POINTWISE, List.of("x", "w", "b"), "y")
                .output("y")
                .lower();
        assertArrayEquals(new long[] {524287, -524288}, program.parameters().get("b").longs());
    }

    @Test
    void sixteenBitNodesHave64BitBiases() {
        ChipProgram program = conv(Target.ESP32P4).bits("conv", 16).output("c").lower();
        assertEquals(ElementType.INT64, program.parameters().get("b").type());
        assertEquals(ElementType.INT16, program.parameters().get("w").type());
        assertEquals("(N/8)HWC8_UNALIGNED", program.parameters().get("w").layout());
        assertEquals("S16", program.nodes().getFirst().quantType());
    }

    @Test
    void valuesAroundConvolutionsAreChannelsLastAndFlattenSeesOnnxOrder() {
        ChipProgram program = conv(Target.ESP32P4)
                .node("flatten", new Flatten(1), List.of("c"), "f")
                .constant("v", new int[] {2, 16}, 0.5f)
                .node("fc", new Gemm(1, 1, false, true), List.of("f", "v"), "y")
                .output("y")
                .lower();
        assertEquals(List.of("Conv", "Transpose", "Flatten", "Gemm"), Nets.types(program));
        ChipNode transpose = Nets.only(program, "Transpose");
        assertEquals(List.of(0L, 3L, 1L, 2L), transpose.integers("perm", List.of()));
        assertEquals(List.of(1, 2, 2, 3), program.value("x").shape());
        assertEquals(List.of(1, 2, 2, 4), program.value("c").shape());
        assertEquals(List.of(1, 4, 2, 2), program.value(transpose.outputs().getFirst()).shape());
        assertEquals(List.of(1, 1, 16, 2), program.parameters().get("v").dims());
    }

    @Test
    void aTransposeThatUndoesAnInsertedOneDisappears() {
        ChipProgram program = conv(Target.ESP32S3)
                .node("toNhwc", new Transpose(List.of(0, 2, 3, 1)), List.of("c"), "t")
                .node("softmax", new Softmax(-1), List.of("t"), "y")
                .output("y")
                .lower();
        assertEquals(List.of("Conv", "Softmax"), Nets.types(program));
        assertEquals(List.of(1, 2, 2, 4), program.value("y").shape());
    }

    @Test
    void axesFollowTheStorage() {
        ChipProgram program = conv(Target.ESP32S3)
                .node("concat", new Concat(1), List.of("c", "c"), "cc")
                .node("mean", new ReduceMean(List.of(2, 3), false), List.of("cc"), "y")
                .output("y")
                .lower();
        assertEquals(3, Nets.only(program, "Concat").integer("axis", -9));
        assertEquals(List.of(1, 2, 2, 8), program.value("cc").shape());
        ChipNode mean = Nets.only(program, "ReduceMean");
        assertArrayEquals(new long[] {1, 2}, program.parameters().get(mean.inputs().get(1)).longs());
        assertEquals(List.of(1, 8), program.value("y").shape());
    }

    @Test
    void aConstantBesideAChannelsLastValueFollowsIt() {
        Nets net = conv(Target.ESP32S3)
                .constant("k", new int[] {4, 1, 1}, 0.25f, 0.5f, 0.125f, 1f)
                .node("mul", new Mul(), List.of("c", "k"), "y")
                .output("y");
        assertEquals(List.of(1, 1, 1, 4), net.lower().parameters().get("k").dims());
        assertArrayEquals(new long[] {32, 64, 16, 127}, net.lower().parameters().get("k").longs());
        assertEquals(List.of(4, 1, 1), net.lower(LoweringOptions.PARITY).parameters().get("k").dims());
    }

    @Test
    void aConstantThatIsAddedIsHeldAsTheResult() {
        ChipProgram program = conv(Target.ESP32S3)
                .constant("k", new int[] {1}, 0.5f)
                .node("add", new Add(), List.of("c", "k"), "y")
                .exponent(Slot.input("add", 1), -9)
                .output("y")
                .lower();
        assertEquals(-4, program.parameters().get("k").exponents().single());
        assertArrayEquals(new long[] {8}, program.parameters().get("k").longs());
    }

    @Test
    void aConversionAppearsWhereExponentsDifferHoweverSmallTheScales() {
        ChipProgram program = new Nets(Target.ESP32S3)
                .input("x", 1, 5)
                .node("first", new Sigmoid(), List.of("x"), "s")
                .node("second", new Sigmoid(), List.of("s"), "y")
                .bits("first", 16)
                .bits("second", 16)
                .exponent(Slot.output("first", 0), -18)
                .exponent(Slot.input("second", 0), -17)
                .output("y")
                .lower();
        assertEquals(List.of("Sigmoid", "RequantizeLinear", "Sigmoid"), Nets.types(program));
        ChipNode requantize = Nets.only(program, "RequantizeLinear");
        assertEquals("S16", requantize.quantType());
        assertEquals(2f, program.parameters().get(requantize.inputs().get(1)).floats()[0]);
        assertEquals(-17, program.value(requantize.outputs().getFirst()).exponent());
    }

    @Test
    void floatIslandsAreReachedByQuantizeAndDequantize() {
        ChipProgram program = new Nets(Target.ESP32P4)
                .input("x", 1, 5)
                .node("first", new Sigmoid(), List.of("x"), "s")
                .node("island", new Sigmoid(), List.of("s"), "i")
                .node("second", new Sigmoid(), List.of("i"), "y")
                .bits("island", QuantPlan.FLOAT)
                .output("y")
                .lower();
        assertEquals(List.of("Sigmoid", "DequantizeLinear", "Sigmoid", "QuantizeLinear", "Sigmoid"), Nets.types(program));
        assertEquals(ElementType.FLOAT32, program.value("i").type());
        assertEquals("F32", program.nodes().get(1).quantType());
        assertEquals("F32", program.nodes().get(2).quantType());
        assertFalse(program.nodes().get(2).has("lut"));
    }

    @Test
    void activationsOfEightBitsLookUpATable() {
        ChipProgram program = new Nets(Target.ESP32S3)
                .input("x", 1, 5)
                .node("sigmoid", new Sigmoid(), List.of("x"), "y")
                .exponent(Slot.output("sigmoid", 0), -7)
                .output("y")
                .lower();
        ChipTensor table = program.parameters().get(program.nodes().getFirst().text("lut", ""));
        assertEquals(256, table.count());
        assertEquals(0, table.longs()[0]);
        assertEquals(64, table.longs()[128]);
        assertEquals(127, table.longs()[255]);
        assertEquals(-7, table.exponents().single());
    }

    @Test
    void sixteenBitActivationsCarryNoTableThatTheChipIgnores() {
        Nets net = new Nets(Target.ESP32S3)
                .input("x", 1, 5)
                .node("sigmoid", new Sigmoid(), List.of("x"), "y")
                .bits("sigmoid", 16)
                .output("y");
        assertFalse(net.lower().nodes().getFirst().has("lut"));
        assertEquals(257, net.lower(LoweringOptions.PARITY).parameters().get("Sigmoid_lut_0").count());
    }

    @Test
    void aComputedMatrixIsBroughtIntoFilterOrder() {
        // 18 columns: one block of 16 and two columns behind it.
        ChipProgram program = new Nets(Target.ESP32P4)
                .input("a", 1, 4, 6)
                .input("b", 1, 6, 18)
                .node("product", new MatMul(), List.of("a", "b"), "y")
                .output("y")
                .lower();
        assertEquals(List.of("Transpose", "Slice", "Reshape", "Transpose", "Reshape", "Slice", "Concat", "Reshape", "MatMul"),
                Nets.types(program));
        assertEquals(List.of(1, 6, 18), program.value(Nets.only(program, "MatMul").inputs().get(1)).shape());
        ChipProgram plain = new Nets(Target.C)
                .input("a", 1, 4, 6)
                .input("b", 1, 6, 18)
                .node("product", new MatMul(), List.of("a", "b"), "y")
                .output("y")
                .lower();
        assertEquals(List.of("Transpose", "Reshape", "MatMul"), Nets.types(plain));
    }

    @Test
    void elementsAtTheEndsAreBroughtIntoTheChipsOrderAndBack() {
        LoweredModel model = conv(Target.C).output("c").lowered(LoweringOptions.IMPROVED);
        // x is [1, 3, 2, 2]: three channels of four pixels.
        float[] onnx = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};
        float[] chip = model.toChipOrder("x", onnx);
        assertArrayEquals(new float[] {0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23}, chip);
        assertArrayEquals(onnx, model.toOnnxOrder("x", chip));
    }

    @Test
    void theTargetIsAlwaysStated() {
        assertEquals("esp32p4", conv(Target.ESP32P4).output("c").lower().metadata().get("target"));
    }

    @Test
    void loweringTwiceGivesTheSameProgram() {
        assertEquals(conv(Target.C).output("c").lower(), conv(Target.C).output("c").lower());
    }
}
