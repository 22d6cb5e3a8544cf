package io.github.bitgrain.quantizer.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecomposeAveragePoolTest {
    /** Kernel, stride, pads above, left, below, right, rounded up or not. */
    @ParameterizedTest
    @CsvSource({"3, 1, 1, 1, 1, 1, false", "3, 2, 1, 1, 1, 1, false", "3, 2, 0, 1, 1, 0, false", "2, 2, 0, 0, 0, 0, true", "5, 1, 2, 2, 2, 2, false",
            "3, 2, 1, 1, 1, 1, true", "2, 3, 1, 0, 0, 1, false"})
    void averagesOfWhatLiesInsideReachTheChipRoundedOnce(int kernel, int stride, int top, int left, int bottom, int right, boolean ceil) {
        AveragePool pool = new AveragePool(Size.square(kernel), Size.square(stride), new Pads(top, left, bottom, right), false, ceil);
        Model model = model(pool, Shape.of(1, 5, 7, 8));
        Tensor x = random(Shape.of(4, 5, 7, 8));
        Model rewritten = GraphPasses.apply(model);
        assertTrue(rewritten.graph().nodes().stream().noneMatch(node -> node.op() instanceof AveragePool part && !part.pads().equals(Pads.NONE)));
        assertArrayEquals(run(model, x), run(rewritten, x), 1e-6f);
        for (Target target : Target.values()) {
            QuantizationResult result = Bitgrain.quantize(model, DataSource.of(Map.of("x", x)), QuantizationOptions.plain(target).build(), QuantizationListener.NONE);
            LoweredModel lowered = Lowering.lower(result.model(), result.plan(), LoweringOptions.IMPROVED);
            Simulator chip = new Simulator(lowered.program(), target);
            Tensor one = random(Shape.of(1, 5, 7, 8));
            chip.setInput("x", lowered.toChipOrder("x", one.data()));
            chip.run();
            float[] planned = lowered.toChipOrder("y", run(FakeQuantization.insert(result.model(), result.plan()), one));
            for (int i = 0; i < planned.length; i++) {
                assertEquals(planned[i], chip.value("y").real(i), "element " + i + " on " + target);
            }
        }
    }

    @Test
    void sequencesHaveColumnsOnly() {
        Model model = model(new AveragePool(new Size(1, 3), new Size(1, 2), new Pads(0, 1, 0, 1), false, false), Shape.of(1, 3, 9));
        Tensor x = random(Shape.of(2, 3, 9));
        assertArrayEquals(run(model, x), run(GraphPasses.apply(model), x), 1e-6f);
        assertEquals(6, GraphPasses.apply(model).graph().nodes().size() - 1);
    }

    @Test
    void whatTheChipAveragesRightAndWhatEspPpqWritesStay() {
        Model counting = model(new AveragePool(Size.square(3), Size.square(1), Pads.all(1), true, false), Shape.of(1, 5, 7, 8));
        assertEquals(1, GraphPasses.apply(counting).graph().nodes().size());
        Model unpadded = model(new AveragePool(Size.square(3), Size.square(2), Pads.NONE, false, false), Shape.of(1, 5, 7, 9));
        assertEquals(1, GraphPasses.apply(unpadded).graph().nodes().size());
        Model padded = model(new AveragePool(Size.square(3), Size.square(1), Pads.all(1), false, false), Shape.of(1, 5, 7, 8));
        assertEquals(1, GraphPasses.apply(padded, Profile.PARITY).graph().nodes().size());
    }

    private static Model model(AveragePool pool, Shape shape) {
        return new Model(Graph.builder("net").input("x", shape).node("pool", pool, List.of("x"), "y").output("y").build(), new Parameters());
    }

    private static float[] run(Model model, Tensor x) {
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }

    private static Tensor random(Shape shape) {
        SplittableRandom random = new SplittableRandom(9);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return new Tensor(shape, values);
    }
}
