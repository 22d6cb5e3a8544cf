package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.simulator.ChipAttribute;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ChipValue;
import io.github.bitgrain.simulator.ElementType;
import java.util.List;
import java.util.TreeMap;

/** Small programs for tests. */
final class Samples {
    private Samples() {}

    /** A program that has one of everything a file can hold. */
    static ChipProgram oneOfEverything() {
        ChipTensor shape = ChipTensor.ofLongs(
                "shape", ElementType.INT64, List.of(2), ChipTensor.NOT_QUANTIZED, ChipTensor.PLAIN_LAYOUT, -1, Long.MIN_VALUE);
        ChipTensor weight = ChipTensor.ofLongs("w", ElementType.INT8, List.of(1, 1, 3, 2), Exponents.of(-7, -25), "(N/16)HWC16_UNALIGNED",
                -128, 127, 0, 1, -1, 64);
        ChipTensor table = ChipTensor.ofLongs("Tanh_lut_0", ElementType.INT16, List.of(3), Exponents.of(-15), "", -32768, 0, 32767);
        ChipTensor empty = ChipTensor.ofLongs("empty", ElementType.INT64, List.of(0), ChipTensor.NOT_QUANTIZED, ChipTensor.PLAIN_LAYOUT);
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put("quant_type", new ChipAttribute.Text("S8"));
        attributes.put("ints", new ChipAttribute.Ints(List.of(1L, -1L, Long.MAX_VALUE)));
        attributes.put("reals", new ChipAttribute.Reals(List.of(0.5f, -0f)));
        attributes.put("texts", new ChipAttribute.Texts(List.of("", "größer")));
        attributes.put("int", new ChipAttribute.Int(0));
        attributes.put("real", new ChipAttribute.Real(0));
        attributes.put("tensor", new ChipAttribute.TensorValue(ChipTensor.ofFloats("", List.of(), "", 1.5f)));
        TreeMap<String, ChipAttribute> second = new TreeMap<>();
        second.put("lut", new ChipAttribute.Text("Tanh_lut_0"));
        return ChipProgram.builder()
                .name("everything")
                .irVersion(8)
                .modelVersion(3)
                .metadata("target", "esp32p4")
                .metadata("note", "")
                .node(new ChipNode("first", "Resize", "com.example", List.of("x", "", "shape", "w"), List.of("mid"), attributes))
                .node(new ChipNode("second", "Tanh", "", List.of("mid", "empty"), List.of("y"), second))
                .parameter(table)
                .parameter(shape)
                .parameter(weight)
                .parameter(empty)
                .value(new ChipValue("x", ElementType.INT8, List.of(1, 2, 3), -6))
                .value(new ChipValue("mid", ElementType.INT16, List.of(), -12))
                .value(new ChipValue("y", ElementType.FLOAT32, List.of(1, 0), 0))
                .input("x")
                .output("y")
                .output("mid")
                .testVectors(
                        List.of(ChipTensor.ofLongs("x", ElementType.INT8, List.of(1, 2, 3), Exponents.of(-6), "", 1, 2, 3, 4, 5, 6)),
                        List.of(ChipTensor.ofLongs("mid", ElementType.INT16, List.of(), Exponents.of(-12), "", 7)))
                .build();
    }
}
