package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.simulator.ChipDiff;
import io.github.bitgrain.simulator.ChipDiff.Aspect;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import io.github.bitgrain.testing.SharedData;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A published network over time (one-dimensional convolutions) is lowered to the program published for it. */
class SequenceLoweringTest {
    @ParameterizedTest
    @CsvSource({"esp32p4", "esp32s3"})
    void theProgramEqualsThePublishedOne(String target) {
        Model model = GraphPasses.apply(OnnxReader.read(SharedData.path("golden/espdl-vectors/" + target + "_tcn.onnx")));
        ChipProgram published = EspdlReader.read(SharedData.path("golden/espdl-vectors/" + target + "_tcn.espdl"));
        QuantPlan plan = plan(model.graph(), published, Target.parse(target));
        ChipProgram program = Lowering.lower(model, plan, LoweringOptions.PARITY).program();
        List<String> differences = ChipDiff.compare(program, published).stream()
                .filter(difference -> difference.aspect() != Aspect.METADATA && difference.aspect() != Aspect.TEST_VECTORS)
                .map(Object::toString)
                .toList();
        // The exporter records the shape of a Transpose that it inserts wrongly.
        assertEquals(List.of("LAYOUT /Slice/transpose_0 output 0: shape [1, 16, 24] / [1, 24, 16]"), differences);
    }

    /** The plan that the published program was made from, told by its exponents. */
    private static QuantPlan plan(Graph graph, ChipProgram published, Target target) {
        QuantPlan.Builder plan = QuantPlan.builder(target);
        for (Node node : graph.nodes()) {
            plan.bits(node.name(), Byte.SIZE);
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i)) {
                    plan.put(Slot.input(node.name(), i), config(exponent(graph, published, node.input(i)), target));
                }
            }
            plan.put(Slot.output(node.name(), 0), config(exponent(graph, published, node.output()), target));
        }
        return plan.build();
    }

    private static SlotConfig config(int exponent, Target target) {
        return new SlotConfig(Byte.SIZE, target.rounding(), SlotConfig.PER_TENSOR, "published", SlotState.ACTIVATED, Exponents.of(exponent));
    }

    private static int exponent(Graph graph, ChipProgram published, String value) {
        if (published.parameters().containsKey(value)) {
            return published.parameters().get(value).exponents().single();
        }
        // What a fused Relu reads is in no file; it is held as the Relu's result.
        boolean fused = !published.values().containsKey(value);
        return published.value(fused ? graph.consumers(value).getFirst().output() : value).exponent();
    }
}
