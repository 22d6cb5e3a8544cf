package io.github.bitgrain.simulator;

import static io.github.bitgrain.core.quant.Target.C;
import static io.github.bitgrain.core.quant.Target.ESP32P4;
import static io.github.bitgrain.core.quant.Target.ESP32S3;
import static io.github.bitgrain.simulator.ElementType.FLOAT32;
import static io.github.bitgrain.simulator.ElementType.INT16;
import static io.github.bitgrain.simulator.ElementType.INT32;
import static io.github.bitgrain.simulator.ElementType.INT64;
import static io.github.bitgrain.simulator.ElementType.INT8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipHazard.Kind;
import io.github.bitgrain.simulator.ChipHazard.Simulated;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Each defect of the chip's kernels is found in a program that has it, and only there. */
class ChipHazardsTest {
    private static List<Kind> kinds(ChipCase program, Target target) {
        return ChipHazards.of(program.program(), target).stream().map(ChipHazard::kind).toList();
    }

    private static void finds(Kind kind, ChipCase program, Target... targets) {
        for (Target target : Target.values()) {
            assertEquals(List.of(targets).contains(target) ? List.of(kind) : List.of(), kinds(program, target), program.type() + " on " + target);
        }
    }

    private static ChipCase conv(int exponent, int group, List<Integer> weight, long... weights) {
        return ChipCase.of("Conv").value(INT8, 0, List.of(1, 1, 1, 4), 1, 2, 3, 4).integer("group", group)
                .parameter(INT8, Exponents.of(0), "UNK", weight, weights).output(INT8, exponent);
    }

    @Test
    void aGroupedConvolutionIsComputedAsTheModelMeans() {
        // Two groups of two: y = [1·1 + 2·2, 3·1 + 4·2].
        ChipCase grouped = conv(0, 2, List.of(1, 1, 2, 2), 1, 1, 2, 2);
        finds(Kind.GROUPED_CONVOLUTION, grouped, Target.values());
        ChipHazard hazard = ChipHazards.of(grouped.program(), C).getFirst();
        assertEquals("node", hazard.node());
        assertEquals(Simulated.AS_THE_MODEL_MEANS, hazard.simulated());
        assertTrue(hazard.reason().startsWith("group 2 with 2 output channels"), hazard.reason());
        grouped.gives(List.of(1, 1, 1, 2), 5, 11);
        finds(Kind.GROUPED_CONVOLUTION, conv(0, 4, List.of(1, 1, 4, 1), 1, 2, 3, 4));
    }

    @Test
    void aLeftShiftIsDoneAsPlainCDoesIt() {
        ChipCase left = conv(-1, 1, List.of(1, 1, 4, 1), 1, 1, 1, 1);
        finds(Kind.SHIFT_RANGE, left, ESP32S3, ESP32P4);
        left.gives(List.of(1, 1, 1, 1), 20);
        ChipCase product = ChipCase.of("MatMul").value(INT8, 0, List.of(1, 2), 3, 4).parameter(INT8, -2, List.of(2, 1), 1, 1).output(INT8, -3);
        finds(Kind.SHIFT_RANGE, product, ESP32S3, ESP32P4);
        product.gives(List.of(1, 1), 14);
    }

    @Test
    void weightExponentsPerChannelBelongToTheP4() {
        ChipCase perChannel = ChipCase.of("Gemm").value(INT8, -4, List.of(1, 1), 8)
                .parameter(INT8, Exponents.of(-4, -5), "UNK", List.of(1, 1, 1, 2), 32, 32).output(INT8, -4);
        finds(Kind.PER_CHANNEL_WEIGHTS, perChannel, C, ESP32S3);
    }

    @Test
    void aBiasThatTheKernelCutsIsReported() {
        long[] biases = LongStream.range(0, 17).map(n -> n == 3 ? 1 << 20 : n == 16 ? 1 << 25 : 0).toArray();
        ChipCase gemm = ChipCase.of("Gemm").value(INT8, -4, List.of(1, 1), 8).parameter(INT8, 0, List.of(1, 1, 1, 17), new long[17])
                .parameter(INT32, -4, List.of(17), biases).output(INT8, 0);
        finds(Kind.TRUNCATED_BIAS, gemm, ESP32S3, ESP32P4);
        assertTrue(ChipHazards.of(gemm.program(), ESP32S3).getFirst().reason().contains("channel 3 "));
        assertTrue(ChipHazards.of(gemm.program(), ESP32P4).getFirst().reason().contains("channel 16 "));
    }

    @Test
    void exponentsThatDifferAreReportedAndTheIntegersTakenAsTheyAre() {
        ChipCase add = ChipCase.of("Add").value(INT8, -3, List.of(1), 5).value(INT8, -4, List.of(1), 6).output(INT8, -4);
        finds(Kind.UNEQUAL_EXPONENTS, add, Target.values());
        add.gives(List.of(1), 11);
        finds(Kind.UNEQUAL_EXPONENTS, ChipCase.of("Concat").value(INT8, -3, List.of(1), 5).value(INT8, -4, List.of(1), 6).output(INT8, -3), Target.values());
        finds(Kind.UNEQUAL_EXPONENTS, ChipCase.of("Add").value(INT8, -3, List.of(1), 5).value(INT8, -3, List.of(1), 6).output(INT8, -3));
    }

    @Test
    void exponentsWithoutAScaleAreReported() {
        finds(Kind.EXPONENT_RANGE, ChipCase.of("Sigmoid").value(INT8, -31, List.of(1), 5).output(INT8, -7), Target.values());
    }

    @Test
    void aPreluThatLosesItsScaleOrWrapsIsReported() {
        List<Integer> shape = List.of(1, 1, 1, 1);
        ChipCase scaled = ChipCase.of("PRelu").value(INT8, -4, shape, 5).parameter(INT8, -7, List.of(1, 1, 1), 32).output(INT8, -3);
        finds(Kind.LOST_SCALE, scaled, C);
        ChipCase steep = ChipCase.of("PRelu").value(INT8, -4, shape, 5).parameter(INT8, -5, List.of(1, 1, 1), 64).output(INT8, -4);
        finds(Kind.WRAPPED_RESULT, steep, ESP32P4);
    }

    /** The loader takes the mode; the kernel logs an error and returns. */
    @Test
    void aCubicResizeHasNoKernel() {
        ChipCase cubic = ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 2, 1), 30, 50).omitted().floatParameter(1, 1, 1, 2)
                .text("mode", "cubic").output(INT8, 0);
        finds(Kind.UNWRITTEN_OUTPUT, cubic, Target.values());
        assertEquals(Simulated.REFUSED, ChipHazards.of(cubic.program(), ESP32P4).getFirst().simulated());
        assertThrows(BitgrainException.class, () -> cubic.run(ESP32P4));
        finds(Kind.UNWRITTEN_OUTPUT, ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 2, 1), 30, 50).omitted().floatParameter(1, 1, 1, 2)
                .text("mode", "linear").output(INT8, 0));
    }

    /** Only "bidirectional" is told from the rest. With W = 0 all gates are ½ or 0: h halves, so that order shows in x alone. */
    @Test
    void aReverseSequenceRunsForwards() {
        ChipCase forward = ChipCase.of("GRU").floats(List.of(2, 1, 1), 1, 2).floatParameter(0, 0, 1).floatParameter(0, 0, 0)
                .integer("hidden_size", 1).integer("linear_before_reset", 1).output(FLOAT32, 0);
        finds(Kind.IGNORED_ATTRIBUTE, forward);
        float[] forwards = forward.run(C).getFirst().floats();
        finds(Kind.IGNORED_ATTRIBUTE, forward.text("direction", "reverse"), Target.values());
        assertArrayEquals(forwards, forward.run(C).getFirst().floats());
        assertTrue(forwards[0] < forwards[1]);
    }

    @Test
    void aResizeOfSixteenBitsIsComputedAsTheModelMeans() {
        ChipCase resize = ChipCase.of("Resize").value(INT16, 0, List.of(1, 1, 2, 1), 300, 500).omitted().floatParameter(1, 1, 1, 2)
                .text("coordinate_transformation_mode", "asymmetric").text("nearest_mode", "floor").output(INT16, 0);
        finds(Kind.UNWRITTEN_OUTPUT, resize, Target.values());
        resize.gives(List.of(1, 1, 4, 1), 300, 300, 500, 500);
    }

    @Test
    void aResizeOfFewChannelsIsReportedUnlessItDoubles() {
        ChipCase three = ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 2, 1), 3, 5).omitted().floatParameter(1, 1, 1, 3).output(INT8, 0);
        finds(Kind.UNLOADED_REGISTERS, three, ESP32S3, ESP32P4);
        finds(Kind.UNLOADED_REGISTERS,
                ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 2, 1), 3, 5).omitted().floatParameter(1, 1, 2, 2).output(INT8, 0));
    }

    @Test
    void otherCoordinatesAndTheWrappingOfPlainCAreReported() {
        ChipCase ceil = ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 2, 1), 3, 5).omitted().floatParameter(1, 1, 2, 2)
                .text("nearest_mode", "ceil").output(INT8, 0);
        finds(Kind.IGNORED_ATTRIBUTE, ceil, Target.values());
        ChipCase scaled = ChipCase.of("Resize").value(INT8, 0, List.of(1, 1, 1, 1), 100).omitted().floatParameter(1, 1, 2, 2).output(INT8, -1);
        finds(Kind.WRAPPED_RESULT, scaled, C);
        scaled.on(C, List.of(1, 2, 2, 1), -56, -56, -56, -56).on(ESP32S3, List.of(1, 2, 2, 1), 127, 127, 127, 127);
    }

    @Test
    void poolsThatIgnoreWhatTheirAttributesSayAreReported() {
        List<Integer> shape = List.of(1, 3, 1);
        finds(Kind.IGNORED_ATTRIBUTE, ChipCase.of("AveragePool").value(INT8, 0, shape, 1, 2, 3).ints("kernel_shape", 2L).ints("pads", 1L, 0L)
                .output(INT8, 0), Target.values());
        finds(Kind.IGNORED_ATTRIBUTE, ChipCase.of("AveragePool").value(INT8, 0, shape, 1, 2, 3).ints("kernel_shape", 2L).ints("pads", 1L, 0L)
                .integer("count_include_pad", 1).output(INT8, 0));
        finds(Kind.IGNORED_ATTRIBUTE, ChipCase.of("MaxPool").value(INT8, 0, shape, 1, 2, 3).ints("kernel_shape", 2L).ints("strides", 2L)
                .integer("ceil_mode", 1).output(INT8, 0), Target.values());
    }

    @Test
    void requantizingThatForgetsElementsOrBitsIsReported() {
        finds(Kind.UNWRITTEN_OUTPUT, ChipCase.of("RequantizeLinear").value(INT8, -3, List.of(56), new long[56]).output(INT16, -8), ESP32S3);
        finds(Kind.NARROW_MULTIPLIER, ChipCase.of("RequantizeLinear").value(INT8, 0, List.of(64), new long[64]).output(INT8, -7), ESP32S3, ESP32P4);
        finds(Kind.NARROW_MULTIPLIER, ChipCase.of("RequantizeLinear").value(INT8, 0, List.of(50), new long[50]).output(INT8, -7));
    }

    @Test
    void indicesBeforeTheStartCountFromTheEnd() {
        ChipCase last = ChipCase.of("Gather").value(INT8, 0, List.of(3), 4, 5, 6).indices(-1).output(INT8, 0);
        finds(Kind.OUT_OF_BOUNDS, last, Target.values());
        last.gives(List.of(1), 6);
        finds(Kind.OUT_OF_BOUNDS, ChipCase.of("ScatterND").value(INT8, 0, List.of(2), 4, 5).parameter(INT64, 0, List.of(1, 1), -1)
                .value(INT8, 0, List.of(1), 9).output(INT8, 0), Target.values());
    }

    @Test
    void padsThatCutAreReported() {
        finds(Kind.OUT_OF_BOUNDS, ChipCase.of("Pad").value(INT8, 0, List.of(1, 3), 1, 2, 3).indices(0, -1, 0, 1).output(INT8, 0), Target.values());
        finds(Kind.OUT_OF_BOUNDS, ChipCase.of("Pad").value(INT8, 0, List.of(1, 3), 1, 2, 3).indices(0, 1, 0, 1).output(INT8, 0));
    }

    @Test
    void otherOrdersThanOnnxsAreReported() {
        finds(Kind.ELEMENT_ORDER, ChipCase.of("SpaceToDepth").value(INT8, 0, List.of(1, 2, 2, 2), new long[8]).integer("blocksize", 2)
                .output(INT8, 0), Target.values());
        finds(Kind.ELEMENT_ORDER, ChipCase.of("StreamingCache").value(INT8, 0, List.of(1, 2, 2), new long[4]).integer("frame_axis", 2)
                .integer("window_size", 3).output(INT8, 0), Target.values());
        finds(Kind.TRUNCATED_FLOATS, ChipCase.of("ReverseSequence").floats(List.of(2, 1), 1.5f, 2.5f).indices(2)
                .output(ElementType.FLOAT32, 0), Target.values());
    }

    @Test
    void whatTheLoaderOrTheKernelsDoNotKnowIsReported() {
        finds(Kind.NOT_LOADABLE, ChipCase.of("Max").value(INT8, 0, List.of(1), 1).value(INT8, 0, List.of(1), 2).output(INT8, 0), Target.values());
        finds(Kind.NOT_LOADABLE, ChipCase.of("Erf").value(INT8, 0, List.of(1), 1).output(INT8, 0), Target.values());
        finds(Kind.UNWRITTEN_OUTPUT, ChipCase.of("MaxPool").floats(List.of(1, 2, 1), 1, 2).ints("kernel_shape", 2L)
                .output(ElementType.FLOAT32, 0), Target.values());
        finds(Kind.MALFORMED, ChipCase.of("Gather").value(INT8, 0, List.of(1), 1).output(INT8, 0), Target.values());
    }

    @Test
    void aHazardTellsWhatTheSimulatorDoes() {
        assertArrayEquals(new String[] {"computed as on the chip", "computed as the model means it; the device will differ", "refused"},
                java.util.Arrays.stream(Simulated.values()).map(Simulated::text).toArray());
    }
}
