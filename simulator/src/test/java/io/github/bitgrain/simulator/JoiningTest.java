package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Values that lie as whole floats among the channels of others. */
class JoiningTest {
    private static final Target TARGET = Target.ESP32P4;

    private static List<ChipTensor> noise(ChipProgram program, long seed) {
        Random random = new Random(seed);
        List<ChipTensor> tensors = new ArrayList<>();
        for (String name : program.inputs()) {
            ChipValue value = program.value(name);
            tensors.add(ChipTensor.ofLongs(name, value.type(), value.shape(), Exponents.of(value.exponent()), "",
                    random.longs(value.count(), -128, 128).toArray()));
        }
        return tensors;
    }

    /** For the operands of Concats and the results of Splits, by name: the channel where they lie in the joined value, −1 if elsewhere. */
    private static Map<String, Integer> places(ChipProgram program) {
        Simulator simulator = new Simulator(program, TARGET);
        Map<String, Integer> places = new HashMap<>();
        Map<String, ChipBuffer> buffers = new HashMap<>();
        program.inputs().forEach(name -> buffers.put(name, simulator.value(name)));
        simulator.observe((node, name, buffer) -> {
            buffers.put(name, buffer);
            if (node.opType().equals("Concat")) {
                node.inputs().forEach(part -> places.put(part, buffers.get(part).channelIn(buffer)));
            } else if (node.opType().equals("Split")) {
                places.put(name, buffer.channelIn(buffers.get(node.inputs().getFirst())));
            }
        });
        simulator.run(noise(program, 1));
        return places;
    }

    /** Every node on its own, where everything comes as integers, gives what it gives in its place. */
    private static void check(ChipProgram program, Target target, long seed) {
        Simulator simulator = new Simulator(program, target);
        List<ChipTensor> inputs = noise(program, seed);
        List<ChipTensor> first = simulator.run(inputs);
        List<ChipTensor> second = simulator.run(noise(program, seed + 1));
        Map<String, ChipTensor> values = new LinkedHashMap<>();
        inputs.forEach(tensor -> values.put(tensor.name(), tensor));
        simulator.observe((node, name, buffer) -> values.put(name, buffer.toTensor(name)));
        assertEquals(first, simulator.run(inputs), "observed");
        simulator.observe((node, name, buffer) -> {});
        assertEquals(second, simulator.run(noise(program, seed + 1)), "again");
        for (ChipNode node : program.nodes()) {
            ChipProgram.Builder alone = ChipProgram.builder();
            node.inputs().stream().distinct().forEach(name -> {
                if (program.values().containsKey(name)) {
                    alone.value(program.value(name)).input(name);
                } else if (!name.isEmpty()) {
                    alone.parameter(program.parameters().get(name));
                }
            });
            if (node.has(ChipNode.LUT)) {
                alone.parameter(program.parameters().get(node.text(ChipNode.LUT, "")));
            }
            node.outputs().forEach(name -> alone.value(program.value(name)).output(name));
            Simulator one = new Simulator(alone.node(node).build(), target);
            List<ChipTensor> results = one.run(one.program().inputs().stream().map(values::get).toList());
            results.forEach(result -> assertEquals(values.get(result.name()), result, () -> result.name() + " of " + node));
        }
        program.outputs().forEach(name -> assertEquals(values.get(name), first.get(program.outputs().indexOf(name)), name));
    }

    @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
    void resultsAreThoseOfNodesOnTheirOwn(@ForAll Target target, @ForAll @IntRange(min = 3, max = 30) int length, @ForAll long seed) {
        check(MapNet.random(seed, length), target, seed);
    }

    @Test
    void wholePartsOfAConcatAreMadeInPlace() {
        MapNet net = new MapNet(1);
        String x = net.conv(net.input(3), 16, true);
        String pooled = net.maxPool(x);
        String odd = net.conv(x, 5, true);
        String late = net.conv(x, 16, true);
        net.output(net.concat(x, pooled, odd, late));
        ChipProgram program = net.build();
        assertEquals(Map.of(x, 0, pooled, 16, odd, -1, late, -1), places(program));
        check(program, TARGET, 1);
    }

    @Test
    void wholePartsOfASplitAreReadWhereTheyAre() {
        MapNet net = new MapNet(2);
        List<String> parts = net.split(net.conv(net.input(16), 53, true), 16, 32, 5);
        net.output(net.conv(parts.get(1), 16, true));
        net.output(net.conv(parts.get(2), 16, true));
        net.output(net.negate(parts.get(0)));
        ChipProgram program = net.build();
        assertEquals(Map.of(parts.get(0), 0, parts.get(1), 16, parts.get(2), -1), places(program));
        check(program, TARGET, 2);
    }

    /** As a block of YOLO is built. */
    @Test
    void whatIsTakenApartAndJoinedAgainIsNeverCopied() {
        MapNet net = new MapNet(3);
        List<String> parts = net.split(net.conv(net.input(16), 32, true), 16, 16);
        String sum = net.add(parts.get(1), net.conv(parts.get(1), 16, true));
        net.output(net.conv(net.concat(parts.get(0), parts.get(1), sum), 16, true));
        ChipProgram program = net.build();
        assertEquals(Map.of(parts.get(0), 0, parts.get(1), 16, sum, 32), places(program));
        check(program, TARGET, 3);
    }

    @Test
    void aConcatLiesInAConcat() {
        MapNet net = new MapNet(4);
        String x = net.conv(net.input(16), 16, true);
        String y = net.maxPool(x);
        String inner = net.concat(x, y);
        String z = net.maxPool(y);
        net.output(net.concat(z, inner));
        net.output(net.negate(x));
        ChipProgram program = net.build();
        assertEquals(Map.of(x, 0, y, 16, inner, 16, z, 0), places(program));
        check(program, TARGET, 4);
    }

    /** What others look at after a run must outlive the joined value; what comes in is there before it. */
    @Test
    void inputsAndOutputsLieApart() {
        MapNet net = new MapNet(5);
        String x = net.input(16);
        String y = net.conv(x, 16, true);
        net.output(y);
        List<String> parts = net.split(net.conv(x, 32, true), 16, 16);
        net.output(parts.get(0));
        net.output(net.negate(net.concat(x, y, parts.get(0), parts.get(1))));
        ChipProgram program = net.build();
        assertEquals(Map.of(x, -1, y, -1, parts.get(0), -1, parts.get(1), -1), places(program));
        check(program, TARGET, 5);
    }

    /** The second place of a value is a copy, and so is what was made as integers. */
    @Test
    void whatCannotLieThereIsCopied() {
        MapNet net = new MapNet(6);
        String x = net.conv(net.input(16), 16, true);
        String integers = net.conv(x, 16, false);
        String joined = net.concat(x, x, integers);
        net.output(net.conv(joined, 16, true));
        net.output(net.conv(net.concat(integers, net.negate(x)), 16, true));
        ChipProgram program = net.build();
        Simulator simulator = new Simulator(program, TARGET);
        Map<String, ChipBuffer> buffers = new HashMap<>();
        simulator.observe((node, name, buffer) -> {
            buffers.put(name, buffer);
            if (name.equals(joined)) {
                assertEquals(0, buffers.get(x).channelIn(buffer));
                assertEquals(-1, buffers.get(integers).channelIn(buffer));
                assertTrue(buffer.hasWholes());
            } else if (name.equals(integers)) {
                assertFalse(buffer.hasWholes());
            }
        });
        simulator.run(noise(program, 6));
        check(program, TARGET, 6);
    }

    /** A damaged file may state other shapes than its nodes give. */
    @Test
    void partsThatAreNotWhatIsStatedAreRefused() {
        MapNet net = new MapNet(7);
        String x = net.conv(net.input(16), 16, true);
        String y = net.conv(x, 32, true);
        String z = net.concat(x, y);
        net.output(z);
        ChipProgram program = net.build();
        ChipProgram.Builder damaged = ChipProgram.builder();
        program.parameters().values().forEach(damaged::parameter);
        program.values().forEach((name, value) -> damaged.value(name.equals(y) || name.equals(z)
                ? new ChipValue(name, value.type(), List.of(1, MapNet.SIZE, MapNet.SIZE, name.equals(y) ? 16 : 32), value.exponent()) : value));
        program.nodes().forEach(damaged::node);
        ChipProgram bad = damaged.input(program.inputs().getFirst()).output(z).build();
        assertEquals("node \"node2\" (Concat): its operands have other shapes than the file states",
                assertThrows(BitgrainException.class, () -> new Simulator(bad, TARGET).run(noise(bad, 7))).getMessage());
    }
}
