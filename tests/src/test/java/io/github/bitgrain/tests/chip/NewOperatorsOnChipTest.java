package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
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
import java.util.Map;
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
        GoldenModel golden = GoldenModel.of(name);
        Target target = Target.parse(chip);
        QuantizationOptions options = QuantizationOptions.of(target).withBatch(1);
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
    }

    private static float[] planned(GoldenModel golden, QuantizationResult result) {
        Map<String, Tensor> outputs;
        try (Executor executor = new Executor(FakeQuantization.insert(result.model(), result.plan()))) {
            outputs = executor.run(golden.fixed());
        }
        return outputs.values().iterator().next().data();
    }
}
