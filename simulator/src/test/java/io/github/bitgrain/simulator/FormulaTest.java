package io.github.bitgrain.simulator;

import static io.github.bitgrain.core.quant.Target.C;
import static io.github.bitgrain.core.quant.Target.ESP32P4;
import static io.github.bitgrain.core.quant.Target.ESP32S3;
import static io.github.bitgrain.simulator.ElementType.FLOAT32;
import static io.github.bitgrain.simulator.ElementType.INT16;
import static io.github.bitgrain.simulator.ElementType.INT8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.simulator.kernel.ChipKernels;
import io.github.bitgrain.simulator.kernel.ChipKernels.Evidence;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Operators without a case computed by the chip's own kernels: values worked out by hand from the formula. */
class FormulaTest {
    private static final Set<String> SEEN = new TreeSet<>();
    private static final ElementType[] INTEGERS = {INT8, INT16};

    private static ChipCase of(String type) {
        SEEN.add(type);
        return ChipCase.of(type);
    }

    private static long[] upTo(int last) {
        return LongStream.rangeClosed(1, last).toArray();
    }

    @AfterAll
    static void everyOperatorWithoutGoldenCaseHasAFormula() {
        Set<String> wanted = ChipKernels.types().stream()
                .filter(type -> ChipKernels.evidence(type) == Evidence.FORMULA).collect(Collectors.toCollection(TreeSet::new));
        wanted.removeAll(SEEN);
        assertEquals(Set.of(), wanted);
    }

    @Test
    void matMulShiftsTheExactSumAndRoundsAsTheTarget() {
        // [1 2 3; 4 5 6] · [1 2; 3 4; 5 6] = [22 28; 49 64], halved; the right side is stored transposed below a full block.
        for (ElementType type : INTEGERS) {
            ChipCase product = of("MatMul").value(type, -2, List.of(2, 3), 1, 2, 3, 4, 5, 6)
                    .parameter(type, -3, List.of(3, 2), 1, 3, 5, 2, 4, 6).output(type, -4);
            product.on(C, List.of(2, 2), 11, 14, 25, 32)
                    .on(ESP32S3, List.of(2, 2), 11, 14, 25, 32)
                    .on(ESP32P4, List.of(2, 2), 11, 14, 24, 32);
        }
    }

    @Test
    void matMulSaturatesTheTwentyBitLanesOfTheS3Only() {
        // 40 · 127² = 645,160; a lane stops at 524,287. Shifted by 13: 78.75 and 63.99.
        long[] ones = new long[40 * 16];
        Arrays.fill(ones, 127);
        ChipCase product = of("MatMul").value(INT8, -6, List.of(1, 40), Arrays.copyOf(ones, 40))
                .parameter(INT8, -7, List.of(40, 16), ones).output(INT8, 0);
        long[] full = new long[16];
        Arrays.fill(full, 79);
        product.on(C, List.of(1, 16), full).on(ESP32P4, List.of(1, 16), full);
        Arrays.fill(full, 64);
        product.on(ESP32S3, List.of(1, 16), full);
    }

    @Test
    void geluReadsItsTable() {
        long[] negated = LongStream.range(0, 256).map(i -> Math.min(127, 128 - i)).toArray();
        of("Gelu").value(INT8, -3, List.of(4), -128, -1, 0, 5).table(INT8, -4, negated).output(INT8, -4)
                .gives(List.of(4), 127, 1, 0, -5);
    }

    @Test
    void tablesThatLimitAndTablesThatAlmostDoAreReadAlike() {
        long[] all = LongStream.rangeClosed(-128, 127).toArray();
        long[] limiting = LongStream.of(all).map(q -> Math.clamp(q, -3, 90)).toArray();
        of("Clip").value(INT8, -3, List.of(256), all).table(INT8, -3, limiting).output(INT8, -3).gives(List.of(256), limiting);
        for (int i : new int[] {0, 100, 130, 217, 218, 255}) {
            long[] other = limiting.clone();
            other[i]++;
            of("Clip").value(INT8, -3, List.of(256), all).table(INT8, -3, other).output(INT8, -3).gives(List.of(256), other);
        }
    }

    @Test
    void geluOfSixteenBitsTakesTheNearestEntry() {
        // Step 256: −32,640 lies half way between entries 0 and 1, −32,384 between 1 and 2.
        ChipCase gelu = of("Gelu").value(INT16, -8, List.of(4), -32768, -32640, -32384, 32767)
                .table(INT16, -8, LongStream.range(0, 257).toArray()).output(INT16, -8);
        gelu.on(C, List.of(4), 0, 1, 2, 256).on(ESP32S3, List.of(4), 0, 1, 2, 256).on(ESP32P4, List.of(4), 0, 0, 2, 256);
    }

    @Test
    void sliceCountsNegativeBoundsFromTheEndAndStepsBackwards() {
        for (ElementType type : INTEGERS) {
            of("Slice").value(type, 0, List.of(2, 4), upTo(8)).indices(0, 3).indices(2, -5).indices(0, 1).indices(1, -2)
                    .output(type, 0).gives(List.of(2, 2), 4, 2, 8, 6);
        }
    }

    @Test
    void padFillsWithTheConstantTheEdgeOrTheMirrorImage() {
        for (ElementType type : INTEGERS) {
            of("Pad").value(type, 0, List.of(1, 3), 1, 2, 3).indices(0, 2, 0, 1).parameter(type, 0, List.of(), 9)
                    .output(type, 0).gives(List.of(1, 6), 9, 9, 1, 2, 3, 9);
            of("Pad").value(type, 0, List.of(1, 3), 1, 2, 3).indices(0, 2, 0, 1).text("mode", "edge")
                    .output(type, 0).gives(List.of(1, 6), 1, 1, 1, 2, 3, 3);
            of("Pad").value(type, 0, List.of(1, 3), 1, 2, 3).indices(0, 2, 0, 1).text("mode", "reflect")
                    .output(type, 0).gives(List.of(1, 6), 3, 2, 1, 2, 3, 2);
        }
        of("Pad").floats(List.of(2), 1.5f, 2.5f).indices(1, 0).floatParameter(-0.5f).output(FLOAT32, 0).givesFloats(-0.5f, 1.5f, 2.5f);
    }

    @Test
    void transposeTakesAxesFromEitherEnd() {
        for (ElementType type : INTEGERS) {
            of("Transpose").value(type, 0, List.of(2, 3), upTo(6)).ints("perm", 1L, 0L).output(type, 0)
                    .gives(List.of(3, 2), 1, 4, 2, 5, 3, 6);
            of("Transpose").value(type, 0, List.of(1, 2, 3), upTo(6)).ints("perm", 0L, -1L, -2L).output(type, 0)
                    .gives(List.of(1, 3, 2), 1, 4, 2, 5, 3, 6);
        }
    }

    @Test
    void reshapesKeepTheOrderOfMemory() {
        for (ElementType type : INTEGERS) {
            of("Reshape").value(type, 0, List.of(2, 3), upTo(6)).indices(0, -1, 1).output(type, 0).gives(List.of(2, 3, 1), upTo(6));
            of("Flatten").value(type, 0, List.of(1, 2, 3), upTo(6)).integer("axis", 2).output(type, 0).gives(List.of(2, 3), upTo(6));
            of("Squeeze").value(type, 0, List.of(1, 3, 1), upTo(3)).indices(0, -1).output(type, 0).gives(List.of(3), upTo(3));
            of("Unsqueeze").value(type, 0, List.of(3), upTo(3)).indices(0, 2).output(type, 0).gives(List.of(1, 3, 1), upTo(3));
            of("Identity").value(type, 0, List.of(3), upTo(3)).output(type, 0).gives(List.of(3), upTo(3));
        }
    }

    @Test
    void gatherPicksAlongItsAxis() {
        for (ElementType type : INTEGERS) {
            of("Gather").value(type, 0, List.of(2, 3), upTo(6)).indices(2, 0).integer("axis", 1).output(type, 0)
                    .gives(List.of(2, 2), 3, 1, 6, 4);
            of("Gather").value(type, 0, List.of(2, 3), upTo(6)).parameter(ElementType.INT64, 0, List.of(), 1).output(type, 0)
                    .gives(List.of(3), 4, 5, 6);
        }
    }

    @Test
    void splitHandsOutPiecesInOrder() {
        for (ElementType type : INTEGERS) {
            ChipCase split = of("Split").value(type, 0, List.of(2, 3), upTo(6)).indices(1, 2).integer("axis", 1).output(type, 0).output(type, 0);
            split.gives(List.of(2, 1), 1, 4);
            assertArrayEquals(new long[] {2, 3, 5, 6}, split.run(C).get(1).longs());
        }
    }

    @Test
    void insertZerosSpreadsPixelsAndAddsRowsBehind() {
        for (ElementType type : INTEGERS) {
            of("InsertZeros").value(type, 0, List.of(1, 1, 2, 1), 5, 6).ints("stride", 1L, 2L).ints("output_padding", 1L, 0L)
                    .output(type, 0).gives(List.of(1, 2, 3, 1), 5, 0, 6, 0, 0, 0);
        }
        of("InsertZeros").floats(List.of(1, 2, 1), 5, 6).ints("stride", 2L).output(FLOAT32, 0).givesFloats(5, 0, 6);
    }

    @Test
    void depthToSpaceKnowsBothOrders() {
        for (ElementType type : INTEGERS) {
            of("DepthToSpace").value(type, 0, List.of(1, 1, 1, 8), upTo(8)).integer("blocksize", 2).output(type, 0)
                    .gives(List.of(1, 2, 2, 2), upTo(8));
            of("DepthToSpace").value(type, 0, List.of(1, 1, 1, 8), upTo(8)).integer("blocksize", 2).text("mode", "CRD").output(type, 0)
                    .gives(List.of(1, 2, 2, 2), 1, 5, 2, 6, 3, 7, 4, 8);
        }
    }

    @Test
    void spaceToDepthKeepsThePixelsOfAChannelTogether() {
        for (ElementType type : INTEGERS) {
            of("SpaceToDepth").value(type, 0, List.of(1, 2, 4, 1), upTo(8)).integer("blocksize", 2).output(type, 0)
                    .gives(List.of(1, 1, 2, 4), 1, 2, 5, 6, 3, 4, 7, 8);
            // Channels 1 3 5 7 and 2 4 6 8; ONNX would give 1 … 8.
            of("SpaceToDepth").value(type, 0, List.of(1, 2, 2, 2), upTo(8)).integer("blocksize", 2).output(type, 0)
                    .gives(List.of(1, 1, 1, 8), 1, 3, 5, 7, 2, 4, 6, 8);
        }
    }

    @Test
    void scatterNdPlacesSlicesAndSaturatesSums() {
        for (ElementType type : INTEGERS) {
            of("ScatterND").value(type, 0, List.of(4), upTo(4)).parameter(ElementType.INT64, 0, List.of(2, 1), 3, 1)
                    .value(type, 0, List.of(2), 9, 8).output(type, 0).gives(List.of(4), 1, 8, 3, 9);
            of("ScatterND").value(type, 0, List.of(2, 2), upTo(4)).parameter(ElementType.INT64, 0, List.of(1, 1), 1)
                    .value(type, 0, List.of(1, 2), 7, 8).output(type, 0).gives(List.of(2, 2), 1, 2, 7, 8);
        }
        of("ScatterND").value(INT8, 0, List.of(2), 120, -7).parameter(ElementType.INT64, 0, List.of(2, 1), 0, 1)
                .value(INT8, 0, List.of(2), 10, 20).text("reduction", "add").output(INT8, 0).gives(List.of(2), 127, 13);
        of("ScatterND").value(INT16, 0, List.of(2), 120, -7).parameter(ElementType.INT64, 0, List.of(2, 1), 0, 1)
                .value(INT16, 0, List.of(2), 1000, 20).text("reduction", "mul").output(INT16, 0).gives(List.of(2), 32767, -140);
        of("ScatterND").floats(List.of(2), 1.5f, 2f).parameter(ElementType.INT64, 0, List.of(1, 1), 1)
                .floats(List.of(1), 2.5f).text("reduction", "max").output(FLOAT32, 0).givesFloats(1.5f, 2.5f);
    }

    @Test
    void reverseSequenceTurnsTheFirstStepsOfEachSequence() {
        for (ElementType type : INTEGERS) {
            of("ReverseSequence").value(type, 0, List.of(3, 2, 1), upTo(6)).indices(3, 2).output(type, 0)
                    .gives(List.of(3, 2, 1), 5, 4, 3, 2, 1, 6);
            of("ReverseSequence").value(type, 0, List.of(1, 3, 2), upTo(6)).indices(2).integer("batch_axis", 0).integer("time_axis", 1)
                    .output(type, 0).gives(List.of(1, 3, 2), 3, 4, 1, 2, 5, 6);
        }
    }

    @Test
    void streamingCachePutsTheLastFramesOfEarlierRunsInFront() {
        for (ElementType type : new ElementType[] {INT8, INT16}) {
            ChipCase cache = of("StreamingCache").value(type, 0, List.of(1, 2, 2), 1, 2, 3, 4).integer("window_size", 4).output(type, 0);
            Simulator simulator = new Simulator(cache.program(), ESP32S3);
            assertTrue(simulator.isStateful());
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, simulator.run(cache.inputs()).getFirst().longs());
            simulator.setInput("x0", new int[] {5, 6, 7, 8});
            simulator.run();
            assertEquals(List.of(1, 5, 2), simulator.value("y0").toTensor("y0").dims());
            assertArrayEquals(new long[] {0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, simulator.value("y0").toTensor("y0").longs());
            simulator.reset();
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, simulator.run(cache.inputs()).getFirst().longs());
        }
    }

    @Test
    void preluOfTheP4KeepsTheLowBitsWhereTheS3Saturates() {
        // −100 · 127 / 32 = −396.9, of which the low 8 bits are −397 + 512 = 115.
        ChipCase prelu = ChipCase.of("PRelu").value(INT8, 0, List.of(1, 1, 1, 2), -100, 100)
                .parameter(INT8, -5, List.of(2, 1, 1), 127, 127).output(INT8, -1);
        List<Integer> shape = List.of(1, 1, 1, 2);
        ChipCase equal = ChipCase.of("PRelu").value(INT8, 0, shape, -100, 100).parameter(INT8, -5, List.of(2, 1, 1), 127, 127).output(INT8, 0);
        equal.on(ESP32P4, shape, 115, 100).on(ESP32S3, shape, -128, 100);
        prelu.on(ESP32S3, shape, -128, 127);
        assertEquals(127, prelu.run(ESP32P4).getFirst().longs()[1]);
    }

    @Test
    void floatIslandsComputePlainly() {
        ChipCase.of("Div").floats(List.of(2), 1, 3).floats(List.of(1), 4).output(FLOAT32, 0).givesFloats(0.25f, 0.75f);
        ChipCase.of("Pow").floats(List.of(2), 2, 3).floats(List.of(1), 2).output(FLOAT32, 0).givesFloats(4, 9);
        ChipCase.of("Mod").floats(List.of(2), -5.5f, 3).floats(List.of(2), 2, 0).output(FLOAT32, 0).givesFloats(-1.5f, 0);
        ChipCase.of("Neg").floats(List.of(1), 2.5f).output(FLOAT32, 0).givesFloats(-2.5f);
        ChipCase.of("Clip").floats(List.of(3), -2, 0.5f, 9).floatParameter(-1).floatParameter(6).output(FLOAT32, 0).givesFloats(-1, 0.5f, 6);
        ChipCase.of("AveragePool").floats(List.of(1, 4, 1), 1, 2, 3, 5).ints("kernel_shape", 2L).ints("strides", 2L).output(FLOAT32, 0)
                .givesFloats(1.5f, 4);
        ChipCase.of("GlobalAveragePool").floats(List.of(1, 2, 1, 2), 1, 2, 3, 6).output(FLOAT32, 0).givesFloats(2, 4);
        ChipCase.of("ReduceMean").floats(List.of(2, 2), 1, 2, 3, 5).indices(1).output(FLOAT32, 0).givesFloats(1.5f, 4);
        ChipCase.of("ReduceL2").floats(List.of(2), 3, 4).indices(0).output(FLOAT32, 0).givesFloats(5);
        ChipCase.of("ReduceMax").floats(List.of(2), -3, -4).indices(0).output(FLOAT32, 0).givesFloats(-3);
        ChipCase.of("ReduceProd").floats(List.of(2), -3, 4).indices(0).output(FLOAT32, 0).givesFloats(-12);
        ChipCase.of("ReduceLogSumExp").floats(List.of(2), 0, 0).indices(0).output(FLOAT32, 0).givesFloats((float) Math.log(2));
        ChipCase.of("LpNormalization").floats(List.of(2), 3, 4).output(FLOAT32, 0).givesFloats(0.6f, 0.8f);
        ChipCase.of("RMSNormalization").floats(List.of(2), 1, 7).floatParameter(1, 2).real("epsilon", 0f).output(FLOAT32, 0).givesFloats(0.2f, 2.8f);
        ChipCase.of("LayerNormalization").floats(List.of(2), 1, 5).floatParameter(3, 3).floatParameter(1, 1).real("epsilon", 0f)
                .output(FLOAT32, 0).givesFloats(-2, 4);
    }

    /**
     * One unit, two steps, x = 1, 2. Update, reset and candidate: W = 0, 0, 1; R = 0, 0, 1; only the bias of the recurrent candidate
     * is not 0 but ½. z = r = ½: h₁ = ½ tanh(1 + ½ · ½) = 0.424142, h₂ = ½ tanh(2 + ½ (h₁ + ½)) + ½ h₁ = 0.704854.
     */
    @Test
    void gruOfFloatsWalksThroughTime() {
        ChipCase.of("GRU").floats(List.of(2, 1, 1), 1, 2).floatParameter(0, 0, 1).floatParameter(0, 0, 1).floatParameter(0, 0, 0, 0, 0, 0.5f)
                .integer("hidden_size", 1).integer("linear_before_reset", 1).output(FLOAT32, 0).givesFloats(0.424142f, 0.704854f);
    }

    /**
     * One unit, two directions, one step each way but two in time, x = 1, 2, from h = 0 and c = 1. All gates but the candidate are ½:
     * c = ½ c′ + ½ tanh(w x) and h = ½ tanh(c). Forwards, w = 1: c = 0.880797, 0.922412; backwards, w = −1: c = 0.017986, −0.371804.
     */
    @Test
    void lstmOfFloatsWalksBothWays() {
        List<ChipTensor> results = ChipCase.of("LSTM").floats(List.of(2, 1, 1), 1, 2).floatParameter(0, 0, 0, 1, 0, 0, 0, -1)
                .floatParameter(new float[8]).omitted().omitted().omitted().floatParameter(1, 1).integer("hidden_size", 1)
                .text("direction", "bidirectional").output(FLOAT32, 0).output(FLOAT32, 0).output(FLOAT32, 0).run(C);
        float[] cells = {0.880797f, -0.371804f, 0.922412f, 0.017986f};
        float[] states = new float[4];
        for (int i = 0; i < states.length; i++) {
            states[i] = (float) (0.5 * Math.tanh(cells[i]));
        }
        assertArrayEquals(states, results.get(0).floats(), 1e-6f);
        assertArrayEquals(new float[] {states[2], states[1]}, results.get(1).floats(), 1e-6f);
        assertArrayEquals(new float[] {cells[2], cells[1]}, results.get(2).floats(), 1e-6f);
    }

    @Test
    void aKernelThatFloatsDoNotHaveIsRefused() {
        ChipCase pool = ChipCase.of("MaxPool").floats(List.of(1, 2, 1), 1, 2).ints("kernel_shape", 2L).output(FLOAT32, 0);
        String message = assertThrows(BitgrainException.class, () -> pool.run(C)).getMessage();
        assertTrue(message.contains("\"node\"") && message.contains("float"), message);
    }
}
