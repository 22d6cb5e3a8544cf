package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SimulatorMemoryTest {
    /** x → Neg → Neg → … → y, and the sum of the first and the last. */
    private static ChipProgram chain(int length) {
        ChipProgram.Builder program = ChipProgram.builder().input("x").output("y");
        TreeMap<String, ChipAttribute> attributes = new TreeMap<>();
        attributes.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        program.value(new ChipValue("x", ElementType.INT8, List.of(1, 4, 4, 2), 0));
        String last = "x";
        for (int i = 0; i < length; i++) {
            program.node(new ChipNode("n" + i, "Neg", "", List.of(last), List.of("v" + i), attributes));
            last = "v" + i;
            program.value(new ChipValue(last, ElementType.INT8, List.of(1, 4, 4, 2), 0));
        }
        program.node(new ChipNode("sum", "Add", "", List.of("v0", last), List.of("y"), attributes));
        return program.value(new ChipValue("y", ElementType.INT8, List.of(1, 4, 4, 2), 0)).build();
    }

    @Test
    void valuesThatNobodyReadsAnyMoreLeaveTheirMemoryToLaterOnes() {
        Simulator simulator = new Simulator(chain(20), Target.C);
        List<int[]> arrays = new ArrayList<>();
        simulator.observe((node, value, buffer) -> arrays.add(buffer.ints()));
        int[] x = new int[32];
        Arrays.setAll(x, i -> i);
        simulator.setInput("x", x);
        simulator.run();
        // v0 lives to the end; the others and y take turns.
        assertEquals(3, arrays.stream().map(System::identityHashCode).distinct().count());
        int[] expected = new int[32];
        assertArrayEquals(expected, Arrays.copyOf(simulator.value("y").ints(), 32));
        List<int[]> first = List.copyOf(arrays);
        arrays.clear();
        simulator.run();
        assertArrayEquals(expected, Arrays.copyOf(simulator.value("y").ints(), 32));
        assertSame(first.getLast(), arrays.getLast());
    }

    @Test
    void valuesInBetweenAreToBeObserved() {
        Simulator simulator = new Simulator(chain(2), Target.C);
        assertEquals("value v0 is neither input nor output of the program; observe it",
                assertThrows(IllegalArgumentException.class, () -> simulator.value("v0")).getMessage());
    }
}
