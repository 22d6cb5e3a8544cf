package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipCase;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import io.github.bitgrain.simulator.Simulator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Operators of float islands lift to what the simulator computes; transposed convolutions come back whole. */
class LiftingTest {
    private static void liftsToTheSame(ChipCase island) {
        float[] simulated = island.run(Target.C).getFirst().floats();
        ChipTensor x = island.inputs().getFirst();
        Model model = Lifting.lift(island.program(), Target.C);
        try (Executor executor = new Executor(model)) {
            Tensor input = new Tensor(model.graph().inputs().get(x.name()), x.floats());
            assertArrayEquals(simulated, executor.run(Map.of(x.name(), input)).get(model.graph().outputs().getFirst()).data(), 1e-6f, island.type());
        }
    }

    @Test
    void normalizationsKeepTheirAxisAndParameters() {
        liftsToTheSame(ChipCase.of("LayerNormalization").floats(List.of(2, 3), 1, 5, 2, -3, 0, 4).floatParameter(3, 2, 1).floatParameter(1, 0, -1)
                .real("epsilon", 0.1f).output(ElementType.FLOAT32, 0));
        liftsToTheSame(ChipCase.of("RMSNormalization").floats(List.of(2, 3), 1, 5, 2, -3, 0, 4).floatParameter(3, 2, 1)
                .real("epsilon", 0.1f).output(ElementType.FLOAT32, 0));
    }

    @Test
    void constantPowersBecomeProductsRootsAndReciprocals() {
        for (float power : new float[] {2, 1, 0.5f, -1}) {
            liftsToTheSame(ChipCase.of("Pow").floats(List.of(3), 0.25f, 3, 7).floatParameter(power).output(ElementType.FLOAT32, 0));
        }
        ChipCase third = ChipCase.of("Pow").floats(List.of(3), 1, 2, 3).floatParameter(3).output(ElementType.FLOAT32, 0);
        String message = assertThrows(BitgrainException.class, () -> Lifting.lift(third.program(), Target.C)).getMessage();
        assertTrue(message.contains("its power 3.0 is not 2, 1, 0.5 or -1"), message);
    }

    @Test
    void spaceToDepthKeepsThePixelsOfAChannelTogether() {
        long[] pixels = LongStream.range(0, 16).toArray();
        ChipCase blocks = ChipCase.of("SpaceToDepth").value(ElementType.INT8, 0, List.of(1, 2, 4, 2), pixels).integer("blocksize", 2)
                .output(ElementType.INT8, 0);
        long[] chip = blocks.run(Target.C).getFirst().longs();
        Model model = Lifting.lift(blocks.program(), Target.C);
        float[] first = new float[16];
        for (int i = 0; i < 16; i++) {
            first[i % 2 * 8 + i / 2] = i;
        }
        float[] lifted;
        try (Executor executor = new Executor(model)) {
            lifted = executor.run(Map.of("x0", new Tensor(Shape.of(1, 2, 2, 4), first))).values().iterator().next().data();
        }
        for (int i = 0; i < 16; i++) {
            assertEquals(chip[i], lifted[i % 8 * 2 + i / 8], "stored element " + i);
        }
    }

    /** Stride 2 × 3, one row more below, kernel 3 × 2, padding 1 on top: the reach of 2 less what was cut. */
    @Test
    void spreadImageBeforeAConvolutionIsATransposedConvolution() {
        ChipProgram program = transposed(1);
        Model model = Lifting.lift(program, Target.C);
        assertEquals(1, model.graph().nodes().size());
        ConvTranspose op = (ConvTranspose) model.graph().nodes().getFirst().op();
        assertEquals(new ConvTranspose(new Size(2, 3), new Pads(1, 1, 2, 0), Size.ONE, 1, new Size(1, 0)), op);
        computesTheSame(program, model);
    }

    /** More padding than the kernel reaches would cut less than nothing. */
    @Test
    void widerPaddingKeepsTheTwoNodes() {
        ChipProgram program = transposed(3);
        Model model = Lifting.lift(program, Target.C);
        assertEquals(List.of("InsertZeros", "Conv"), model.graph().nodes().stream().map(node -> node.op().onnxType()).toList());
        computesTheSame(program, model);
    }

    private static ChipProgram transposed(long top) {
        TreeMap<String, ChipAttribute> spread = new TreeMap<>(Map.of("stride", new ChipAttribute.Ints(List.of(2L, 3L)),
                "output_padding", new ChipAttribute.Ints(List.of(1L, 0L))));
        TreeMap<String, ChipAttribute> conv = new TreeMap<>(Map.of("pads", new ChipAttribute.Ints(List.of(top, 0L, 0L, 1L)),
                "strides", new ChipAttribute.Ints(List.of(1L, 1L)), "dilations", new ChipAttribute.Ints(List.of(1L, 1L)),
                "group", new ChipAttribute.Int(1)));
        int height = (int) (4 + top - 2);
        return ChipProgram.builder().name("transposed")
                .parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(3, 2, 2, 3), Exponents.of(0), "NHWC", LongStream.range(0, 36).map(i -> i % 7 - 3).toArray()))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 2, 2, 2), 0))
                .value(new ChipValue("z", ElementType.INT8, List.of(1, 4, 4, 2), 0))
                .value(new ChipValue("y", ElementType.INT8, List.of(1, height, 4, 3), 0))
                .input("x").output("y")
                .node(new ChipNode("zeros", "InsertZeros", "", List.of("x"), List.of("z"), spread))
                .node(new ChipNode("conv", "Conv", "", List.of("z", "w"), List.of("y"), conv))
                .build();
    }

    /** Parts and borders of maps, negative axes and steps included, keep their axes; so do inputs in front of them. */
    @Test
    void slicesAndPadsOfMapsStayAndTheInputKeepsItsAxes() {
        Conv pointwise = new Conv(Size.ONE, Pads.NONE, Size.ONE, 1);
        Nets net = new Nets(Target.ESP32P4).input("x", 1, 3, 5, 6).constant("w", new int[] {4, 2, 1, 1}, 0.5f, -0.25f, 0.125f)
                .constant("v", new int[] {3, 4, 1, 1}, 0.25f, 0.5f, -0.5f, 0.125f, 0.75f)
                .node("colours", new Slice(List.of(-3), List.of(1L), List.of(3L), List.of(1L)), List.of("x"), "s")
                .node("border", new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 1, 2), List.of(0, 0, 0, 3), 0.5f), List.of("s"), "p")
                .node("first", pointwise, List.of("p", "w"), "a")
                .node("half", new Slice(List.of(2, 3), List.of(0L, 1L), List.of(6L, 10L), List.of(2L, 3L)), List.of("a"), "h")
                .node("edge", new Pad(Pad.Mode.EDGE, List.of(0, 0, 0, 1), List.of(0, 0, 2, 0), 0), List.of("h"), "e")
                .node("last", pointwise, List.of("e", "v"), "y").output("y");
        Model lifted = Lifting.lift(net.lower(), Target.ESP32P4);
        assertEquals(List.of("Slice", "Pad", "Conv", "Slice", "Pad", "Conv"), lifted.graph().nodes().stream().map(node -> node.op().onnxType()).toList());
        assertEquals(Shape.of(1, 3, 5, 6), lifted.graph().inputs().get("x"));
        float[] x = new float[90];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i * 37 % 101 - 50) / 16f;
        }
        Map<String, Tensor> input = Map.of("x", new Tensor(Shape.of(1, 3, 5, 6), x));
        try (Executor before = new Executor(net.model()); Executor after = new Executor(lifted)) {
            assertArrayEquals(before.run(input).get("y").data(), after.run(input).get("y").data());
        }
    }

    private static void computesTheSame(ChipProgram program, Model model) {
        long[] stored = {1, -2, 3, 4, -5, 6, 7, 8};
        long[] chip = new Simulator(program, Target.C)
                .run(List.of(ChipTensor.ofLongs("x", ElementType.INT8, List.of(1, 2, 2, 2), Exponents.of(0), "UNK", stored))).getFirst().longs();
        float[] first = new float[8];
        for (int i = 0; i < 8; i++) {
            first[i % 2 * 4 + i / 2] = stored[i];
        }
        try (Executor executor = new Executor(model)) {
            float[] lifted = executor.run(Map.of("x", new Tensor(Shape.of(1, 2, 2, 2), first))).get("y").data();
            assertEquals(chip.length, lifted.length);
            int pixels = lifted.length / 3;
            for (int i = 0; i < lifted.length; i++) {
                assertEquals(chip[i], lifted[i % 3 * pixels + i / 3], "stored element " + i);
            }
        }
    }
}
