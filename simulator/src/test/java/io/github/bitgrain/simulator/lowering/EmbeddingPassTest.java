package io.github.bitgrain.simulator.lowering;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that the input chooses, although the chip's Gather knows indices from the file only. */
class EmbeddingPassTest {
    private static Nets lookup(Target target, int rows, int width, int exponent, int count) {
        float[] table = new float[rows * width];
        for (int i = 0; i < table.length; i++) {
            table[i] = Math.scalb((float) (i * 37 % 251 - 125), exponent);
        }
        return new Nets(target).input("tokens", 1, count).constant("table", new int[] {rows, width}, table)
                .node("rows", new Embedding(), List.of("tokens", "table"), "y").output("y")
                .exponent(Slot.input("rows", 1), exponent).exponent(Slot.output("rows", 0), exponent);
    }

    /** Distances of 256 and 32767 have squares whose lowest 16 bits are zero or that leave 32 bits' half: none may count as near. */
    @ParameterizedTest
    @CsvSource({"C, 8, 1000, 19", "ESP32S3, 8, 1000, 19", "ESP32P4, 8, 1000, 19", "C, 16, 1000, 11", "ESP32S3, 16, 1000, 11",
            "ESP32P4, 16, 1000, 11", "ESP32S3, 8, 32768, 3", "ESP32P4, 8, 3, 32", "C, 8, 1, 4"})
    void rowsComeOutBitByBit(Target target, int bits, int rows, int width) {
        int[] tokens = {0, rows - 1, Math.min(256, rows - 1), rows / 2, Math.min(1, rows - 1), rows - 1};
        ChipProgram program = lookup(target, rows, width, -7, tokens.length).bits("rows", bits).lower();
        assertEquals(List.of("Reshape", "Sub", "Mul", "Sub", "Relu"), Nets.types(program).subList(0, 5));
        assertEquals(16, 8 * program.value("tokens").type().bytes());
        Simulator chip = new Simulator(program, target);
        chip.setInput("tokens", tokens);
        chip.run();
        int[] expected = new int[tokens.length * width];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (tokens[i / width] * width + i % width) * 37 % 251 - 125;
        }
        assertArrayEquals(expected, Arrays.copyOf(chip.value("y").ints(), chip.value("y").count()));
        assertEquals(Shape.of(1, tokens.length, width), Shape.of(program.value("y").shape()));
    }

    @Test
    void whatTheChipCannotLookUpIsRefusedByName() {
        assertTrue(refusal(lookup(Target.C, 32769, 1, -7, 1), LoweringOptions.IMPROVED).contains("\"rows\" (Gather): a table of 32769 rows"));
        assertTrue(refusal(lookup(Target.C, 3, 1, -7, 1), LoweringOptions.PARITY).contains("use --profile improved"));
        assertTrue(refusal(lookup(Target.C, 3, 1, -7, 1).bits("rows", 0), LoweringOptions.IMPROVED).contains("give the node 8 or 16 bits"));
    }

    private static String refusal(Nets net, LoweringOptions options) {
        return assertThrows(BitgrainException.class, () -> net.lower(options)).getMessage();
    }
}
