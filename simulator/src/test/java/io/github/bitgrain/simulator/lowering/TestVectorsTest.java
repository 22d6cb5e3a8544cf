package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.TestVectors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestVectorsTest {
    /** y = 0.5 x + 1 for one pixel. */
    private static ChipProgram program() {
        return new Nets(Target.ESP32P4)
                .input("x", 1, 1, 1, 1)
                .constant("w", new int[] {1, 1, 1, 1}, 0.5f)
                .constant("b", new int[] {1}, 1f)
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x", "w", "b"), "y")
                .exponent(Slot.output("conv", 0), -3)
                .output("y")
                .lower();
    }

    @Test
    void embeddedVectorsAreWhatTheChipComputes() {
        ChipProgram program = TestVectors.embed(program(), Map.of("x", new float[] {2.5f}));
        assertArrayEquals(new long[] {40}, program.testInputs().getFirst().longs());
        assertArrayEquals(new long[] {18}, program.testOutputs().getFirst().longs());
        assertEquals(List.of(new TestVectors.Comparison("y", 1, 0, 0)), TestVectors.verify(program, Target.ESP32P4));
    }

    @Test
    void aWrongVectorIsFound() {
        ChipProgram program = TestVectors.embed(program(), Map.of("x", new float[] {2.5f}));
        ChipTensor right = program.testOutputs().getFirst();
        ChipTensor wrong = ChipTensor.ofLongs("y", right.type(), right.dims(), right.exponents(), "", 21);
        List<TestVectors.Comparison> found =
                TestVectors.verify(program.withTestVectors(program.testInputs(), List.of(wrong)), Target.ESP32P4);
        assertEquals(List.of(new TestVectors.Comparison("y", 1, 1, 3)), found);
        assertFalse(found.getFirst().isExact());
    }

    @Test
    void aProgramWithoutVectorsHasNothingToVerify() {
        assertEquals(List.of(), TestVectors.verify(program(), Target.ESP32P4));
        BitgrainException refused = assertThrows(BitgrainException.class, () -> TestVectors.embed(program(), Map.of()));
        assertEquals("no test input for \"x\"", refused.getMessage());
    }
}
