package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.simulator.kernel.ChipKernels;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import io.github.bitgrain.tests.parity.GoldenModel;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks with recurrent, normalizing and rearranging operators reach the chip and compute there what was planned. */
class NewOperatorsOnChipTest {
    /** Noise ÷ signal between plan and chip: roundings inside tables and float kernels. */
    private static final double CHIP_NOISE = 0.01;

    @ParameterizedTest
    @CsvSource({
        "gru, esp32s3", "gru, esp32p4", "gru, c", "lstm, esp32s3", "lstm, esp32p4", "zoo_trans, esp32s3", "zoo_trans, esp32p4",
        "zoo_elem, esp32s3", "zoo_elem, esp32p4"
    })
    void chipComputesThePlan(String name, String chip) {
        compare(GoldenModel.of(name), chip);
    }

    /** Feature vectors of length one, as exporters write them, of every position and of the whole: x / max(‖x‖, 10^-12). */
    @ParameterizedTest
    @CsvSource({"1, esp32s3", "1, esp32p4", "3, c"})
    void vectorsOfLengthOneAreNormalizedByOneOperator(int axis, String chip) {
        Parameters parameters = new Parameters();
        parameters.put("w", random(Shape.of(8, 3, 3, 3), 1));
        Graph graph = Graph.builder("norm").input("x", Shape.of(1, 3, 6, 6))
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x", "w"), "f").node("square", new Mul(), List.of("f", "f"), "s")
                .node("sum", new ReduceSum(List.of(axis), true), List.of("s"), "v").node("root", new Sqrt(), List.of("v"), "r")
                .node("clip", new Clip(1e-12f, Float.POSITIVE_INFINITY), List.of("r"), "c").node("quotient", new Div(), List.of("f", "c"), "y")
                .output("y").build();
        GoldenModel model = new GoldenModel("norm", new Model(graph, parameters), DataSource.of(Map.of("x", random(Shape.of(8, 3, 6, 6), 2))), 1,
                Map.of("x", random(Shape.of(1, 3, 6, 6), 3)));
        assertEquals(1, compare(model, chip).nodes().stream().filter(node -> node.opType().equals("RMSNormalization")).count());
    }

    private static Tensor random(Shape shape, long seed) {
        Random random = new Random(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Tensor(shape, values);
    }

    private static ChipProgram compare(GoldenModel golden, String chip) {
        String name = golden.name();
        Target target = Target.parse(chip);
        QuantizationOptions options = QuantizationOptions.plain(target).calibBatch(1).build();
        QuantizationResult result = Bitgrain.calibrate(golden.model(), golden.calibration(), options, QuantizationListener.NONE);
        LoweredModel lowered = Lowering.lower(result.model(), result.plan(), LoweringOptions.IMPROVED);
        Map<String, float[]> inputs = Map.of("x", lowered.toChipOrder("x", golden.fixed().get("x").data()));
        byte[] bytes = EspdlWriter.write(TestVectors.embed(lowered.program(), inputs));
        ChipProgram read = EspdlReader.read(name, bytes);
        read.nodes().forEach(node -> assertTrue(ChipKernels.isLoadable(node.opType()), node.opType()));
        TestVectors.verify(read, target).forEach(comparison -> assertTrue(comparison.isExact(), comparison::toString));

        ChipTensor output = new Simulator(read, target).run(read.testInputs()).getFirst();
        float[] planned = planned(golden, result);
        assertEquals(planned.length, output.count());
        double noise = 0;
        double signal = 0;
        for (int i = 0; i < planned.length; i++) {
            double computed = output.type().isQuantized() ? Math.scalb((double) output.ints()[i], output.exponents().single()) : output.floats()[i];
            noise += Math.pow(computed - planned[i], 2);
            signal += Math.pow(planned[i], 2);
        }
        assertTrue(noise <= CHIP_NOISE * signal, name + " on " + chip + ": " + noise / signal);
        return read;
    }

    private static float[] planned(GoldenModel golden, QuantizationResult result) {
        Map<String, Tensor> outputs;
        try (Executor executor = new Executor(FakeQuantization.insert(result.model(), result.plan()))) {
            outputs = executor.run(golden.fixed());
        }
        return outputs.values().iterator().next().data();
    }
}
