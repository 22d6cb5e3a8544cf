package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Conv → function by a table, done as one node where nobody observes values, against node after node. */
class JoinedNodesTest {
    private static final int SIZE = 5;

    /** @param secondReader whether the Conv's result has a second reader, so that the nodes must stay apart */
    private static ChipProgram program(Random random, boolean depthwise, int shift, long[] table, boolean secondReader) {
        List<Integer> map = List.of(1, SIZE, SIZE, 16);
        long[] weights = random.longs(depthwise ? 9 * 16 : 9 * 16 * 16, -128, 128).toArray();
        ChipProgram.Builder program = ChipProgram.builder().input("x").output("y");
        program.value(new ChipValue("x", ElementType.INT8, map, 0)).value(new ChipValue("c", ElementType.INT8, map, shift))
                .value(new ChipValue("r", ElementType.INT8, map, shift)).value(new ChipValue("y", ElementType.INT8, map, shift));
        program.parameter(ChipTensor.ofLongs("w", ElementType.INT8, List.of(3, 3, 16, depthwise ? 1 : 16), Exponents.of(0), "", weights));
        program.parameter(ChipTensor.ofLongs("table", ElementType.INT8, List.of(256), Exponents.of(shift), "", table));
        TreeMap<String, ChipAttribute> conv = new TreeMap<>();
        conv.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        TreeMap<String, ChipAttribute> clip = new TreeMap<>(conv);
        conv.put("pads", new ChipAttribute.Ints(List.of(1L, 1L, 1L, 1L)));
        conv.put("group", new ChipAttribute.Int(depthwise ? 16 : 1));
        clip.put(ChipNode.LUT, new ChipAttribute.Text("table"));
        program.node(new ChipNode("conv", "Conv", "", List.of("x", "w"), List.of("c"), conv));
        program.node(new ChipNode("clip", "Clip", "", List.of("c"), List.of("r"), clip));
        TreeMap<String, ChipAttribute> last = new TreeMap<>();
        last.put(ChipNode.QUANT_TYPE, new ChipAttribute.Text("S8"));
        program.node(secondReader ? new ChipNode("add", "Add", "", List.of("c", "r"), List.of("y"), last)
                : new ChipNode("neg", "Neg", "", List.of("r"), List.of("y"), last));
        return program.build();
    }

    @Property(tries = 120, edgeCases = EdgeCasesMode.NONE)
    void theResultIsThatOfNodeAfterNode(@ForAll Target target, @ForAll boolean depthwise, @ForAll @IntRange(min = 3, max = 12) int shift,
            @ForAll @IntRange(min = -128, max = 127) int one, @ForAll @IntRange(min = -128, max = 127) int other, @ForAll boolean limits,
            @ForAll boolean secondReader, @ForAll long seed) {
        Random random = new Random(seed);
        long[] table = limits ? LongStream.rangeClosed(-128, 127).map(q -> Math.clamp(q, Math.min(one, other), Math.max(one, other))).toArray()
                : random.longs(256, -128, 128).toArray();
        Simulator simulator = new Simulator(program(random, depthwise, shift, table, secondReader), target);
        simulator.setInput("x", random.ints(SIZE * SIZE * 16, -128, 128).toArray());
        simulator.run();
        int[] joined = Arrays.copyOf(simulator.value("y").ints(), SIZE * SIZE * 16);
        AtomicInteger seen = new AtomicInteger();
        simulator.observe((node, value, buffer) -> seen.incrementAndGet());
        simulator.run();
        assertEquals(3, seen.get());
        assertArrayEquals(Arrays.copyOf(simulator.value("y").ints(), SIZE * SIZE * 16), joined);
    }
}
