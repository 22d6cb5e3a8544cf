package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.simulator.ChipDiff.Aspect;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ChipDiffTest {
    /** x → Conv → Transpose → Softmax, with names, weights and an exponent to vary. */
    private static ChipProgram program(String inner, long weight, int exponent, long transposeStart, boolean statedGroup) {
        TreeMap<String, ChipAttribute> conv = attributes("S8");
        conv.put("pads", new ChipAttribute.Ints(List.of(1L, 1L, 1L, 1L)));
        if (statedGroup) {
            conv.put("group", new ChipAttribute.Int(1));
        }
        TreeMap<String, ChipAttribute> transpose = attributes("S8");
        transpose.put("perm", new ChipAttribute.Ints(List.of(0L, transposeStart, 1L, 2L)));
        return ChipProgram.builder()
                .metadata("target", "c")
                .node(new ChipNode("conv", "Conv", "", List.of("x", "w"), List.of("c"), conv))
                .node(new ChipNode(inner + "_node", "Transpose", "", List.of("c"), List.of(inner), transpose))
                .node(new ChipNode("softmax", "Softmax", "", List.of(inner), List.of("y"), attributes("S8")))
                .parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(1, 1, 1, 2), Exponents.of(-7), "NHWC", 5, weight))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 4, 4, 1), -4))
                .value(new ChipValue("c", ElementType.INT8, List.of(1, 4, 4, 2), exponent))
                .value(new ChipValue(inner, ElementType.INT8, List.of(1, 2, 4, 4), exponent))
                .value(new ChipValue("y", ElementType.FLOAT32, List.of(1, 2, 4, 4), 0))
                .input("x")
                .output("y")
                .build();
    }

    private static TreeMap<String, ChipAttribute> attributes(String quantType) {
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text(quantType));
        return attributes;
    }

    private static final ChipProgram BASE = program("PPQ_Variable_0", 6, -3, 3, true);

    @Test
    void namesDefaultsAndSpellingsDoNotCount() {
        assertEquals(List.of(), ChipDiff.compare(BASE, BASE));
        assertEquals(List.of(), ChipDiff.compare(BASE, program("softmax/transpose_0", 6, -3, -1, false)));
    }

    @Test
    void aChangedWeightIsCounted() {
        List<ChipDiff.Difference> found = ChipDiff.compare(BASE, program("t", 9, -3, 3, true));
        assertEquals(List.of(new ChipDiff.Difference(Aspect.WEIGHTS, "conv input 1", "1 of 2 elements differ, by up to 3")), found);
    }

    @Test
    void aChangedExponentIsNamedWhereItOccurs() {
        List<ChipDiff.Difference> found = ChipDiff.compare(BASE, program("t", 6, -5, 3, true));
        assertEquals(List.of("EXPONENTS conv output 0: exponent -3 / -5", "EXPONENTS PPQ_Variable_0_node output 0: exponent -3 / -5"),
                found.stream().map(Object::toString).toList());
    }

    @Test
    void aMissingNodeIsNamedAndWhatFollowsIsStillPaired() {
        ChipProgram.Builder shorter = ChipProgram.builder().metadata("target", "esp32s3");
        shorter.node(BASE.nodes().get(0));
        shorter.node(new ChipNode("softmax", "Softmax", "", List.of("c"), List.of("y"), attributes("S8")));
        BASE.parameters().values().forEach(shorter::parameter);
        for (String value : List.of("x", "c", "y")) {
            shorter.value(BASE.value(value));
        }
        List<ChipDiff.Difference> found = ChipDiff.compare(BASE, shorter.input("x").output("y").build());
        assertEquals(
                List.of("GRAPH PPQ_Variable_0_node: Transpose only in the first",
                        "GRAPH softmax input 0: reads PPQ_Variable_0 / c",
                        "METADATA target: text c / esp32s3"),
                found.stream().map(Object::toString).toList());
    }

    @Test
    void weightsOfTwoLayoutsAreComparedWeightByWeight() {
        long[] onnx = LongStream.range(0, 17 * 3 * 2).map(i -> i % 120 - 60).toArray();
        ChipProgram plain = withWeights(new FilterLayout(17, 3, 2, false, FilterLayout.PLAIN), onnx);
        ChipProgram blocked = withWeights(new FilterLayout(17, 3, 2, false, 16), onnx);
        assertEquals(List.of("LAYOUT conv input 1: layout NHWC / N16HWC16_UNALIGNED"),
                ChipDiff.compare(plain, blocked).stream().map(Object::toString).toList());
        onnx[5]++;
        ChipProgram changed = withWeights(new FilterLayout(17, 3, 2, false, 16), onnx);
        assertEquals(List.of("LAYOUT conv input 1: layout NHWC / N16HWC16_UNALIGNED",
                        "WEIGHTS conv input 1: 1 of 102 elements differ, by up to 1"),
                ChipDiff.compare(plain, changed).stream().map(Object::toString).toList());
    }

    private static ChipProgram withWeights(FilterLayout layout, long[] onnx) {
        int[] sources = layout.sources();
        long[] stored = IntStream.range(0, onnx.length).mapToLong(i -> onnx[sources[i]]).toArray();
        return ChipProgram.builder()
                .node(new ChipNode("conv", "Conv", "", List.of("x", "w"), List.of("y"), attributes("S8")))
                .parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(1, 2, 3, 17), Exponents.of(-7), layout.annotation("HW"), stored))
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 4, 4, 3), -4))
                .value(new ChipValue("y", ElementType.INT8, List.of(1, 4, 3, 17), -3))
                .input("x")
                .output("y")
                .build();
    }
}
