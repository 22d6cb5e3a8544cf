package io.github.bitgrain.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Values held as whole floats: {@link ChipCase#run} compares every operator with the same on integers. */
class WholeValuesTest {
    /** An operator without a way of its own for whole floats, then those that have one. */
    private enum Operator { FLATTEN, MAX_POOL, CONCAT, SLICE, SPLIT, ADD, SUBTRACT, RESIZE, TRANSPOSE, TABLE, LIMIT, REQUANTIZE, AVERAGE, AVERAGE_POOL, PAD }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void operatorsGiveTheSame(@ForAll Operator operator, @ForAll Target target, @ForAll boolean wide, @ForAll @IntRange(min = 1, max = 36) int channels,
            @ForAll @IntRange(min = 2, max = 5) int height, @ForAll @IntRange(min = 2, max = 5) int width, @ForAll long seed) {
        Random random = new Random(seed);
        ElementType type = wide && operator != Operator.TABLE && operator != Operator.LIMIT ? ElementType.INT16 : ElementType.INT8;
        List<Integer> map = List.of(1, height, width, channels);
        int step = random.nextInt(1, 3);
        long to = random.nextLong(1, channels + 1);
        ChipCase given = switch (operator) {
            case MAX_POOL -> of("MaxPool", type, random, map).ints("kernel_shape", 2L, 2L).ints("strides", (long) step, 1L)
                    .ints("pads", 0L, 1L, 1L, 0L);
            case CONCAT -> second(of("Concat", type, random, map).integer("axis", random.nextInt(-3, 0)), type, random, map);
            case SLICE -> of("Slice", type, random, map).indices(random.nextLong(to), 1).indices(to, height).indices(3, 1).indices(1, step);
            case SPLIT -> of("Split", type, random, map).integer("axis", random.nextInt(1, 4)).output(type, -3);
            case ADD -> second(of("Add", type, random, map), type, random, map);
            case SUBTRACT -> second(of("Sub", type, random, map), type, random, map);
            case RESIZE -> of("Resize", type, random, map).text("mode", "nearest").omitted().floatParameter(1, 1, 2, step);
            case TRANSPOSE -> of("Transpose", type, random, map).ints("perm", seed % 2 == 0 ? new Long[] {0L, 3L, 1L, 2L} : new Long[] {0L, 2L, 1L, 3L});
            case FLATTEN -> of("Flatten", type, random, map).integer("axis", random.nextInt(1, 4));
            case TABLE -> of("LUT", type, random, map).table(type, -3, random.longs(256, -128, 128).toArray());
            case LIMIT -> of("Relu", type, random, map).table(type, -3, LongStream.range(-128, 128).map(q -> Math.max(q, 0)).toArray());
            case PAD -> of("Pad", type, random, map).indices(0, 1, step, 0, 0, 2, 0, 0);
            case AVERAGE -> of("GlobalAveragePool", type, random, map);
            case AVERAGE_POOL -> of("AveragePool", type, random, map).ints("kernel_shape", 2L, 2L).ints("strides", (long) step, 1L)
                    .ints("pads", 0L, 1L, 1L, 0L);
            case REQUANTIZE -> of("RequantizeLinear", type, random, map);
        };
        int exponent = switch (operator) {
            case REQUANTIZE -> random.nextInt(4) == 0 ? random.nextInt(-300, 300) : random.nextInt(-8, 20);
            case AVERAGE_POOL -> random.nextInt(4) == 0 ? random.nextInt(-30, 31) : random.nextInt(-8, 3);
            default -> -3;
        };
        given.output(type, exponent).run(target);
        // Sums of 16 bits over these maps fit a float only if the maps are small.
        if (operator != Operator.FLATTEN && (operator != Operator.AVERAGE || type == ElementType.INT8)) {
            Simulator simulator = new Simulator(given.program(true), target);
            simulator.observe((node, value, buffer) -> assertTrue(buffer.hasWholes(), () -> value + " of " + node.opType() + " has integers only"));
            simulator.run(given.inputs());
        }
    }

    /** Against sums in 64 bits; on the targets where no accumulator can saturate whatever the data are, on whole floats. */
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void matrixProductsGiveTheSame(@ForAll Target target, @ForAll @IntRange(min = 1, max = 9) int rows, @ForAll @IntRange(min = 1, max = 40) int inner,
            @ForAll @IntRange(min = 1, max = 3) int blocks, @ForAll boolean broken, @ForAll boolean oneB, @ForAll @IntRange(min = -2, max = 26) int shift,
            @ForAll boolean relu, @ForAll long seed) {
        int columns = 16 * blocks - (broken ? 3 : 0);
        Random random = new Random(seed);
        // Small enough for the 20 bits of the S3.
        long[] a = random.longs(2 * rows * inner, -128, 128).toArray();
        long[] b = random.longs(oneB ? inner * columns : 2 * inner * columns, -40, 41).toArray();
        List<Integer> shapeB = oneB ? List.of(inner, columns) : List.of(2, inner, columns);
        ChipCase product = ChipCase.of("MatMul").value(ElementType.INT8, -4, List.of(2, rows, inner), a).value(ElementType.INT8, -3, shapeB, b)
                .text("activation", relu ? "Relu" : "Linear").output(ElementType.INT8, shift - 7);
        long[] y = product.run(target).getFirst().longs();
        int[] sources = new FilterLayout(columns, inner, 1, false, target.blockedWeights() ? 16 : FilterLayout.PLAIN).sources();
        for (int m = 0; m < 2; m++) {
            long[] sums = new long[rows * columns];
            for (int i = 0; i < inner * columns; i++) {
                for (int row = 0; row < rows; row++) {
                    sums[row * columns + sources[i] / inner] += a[(m * rows + row) * inner + sources[i] % inner] * b[(oneB ? 0 : m * inner * columns) + i];
                }
            }
            for (int i = 0; i < sums.length; i++) {
                long expected = Requantize.saturate(Requantize.shiftRight(sums[i], shift, target.rounding()), 8);
                assertEquals(relu ? Math.max(0, expected) : expected, y[m * sums.length + i], "element " + i + " of matrix " + m);
            }
        }
        Simulator simulator = new Simulator(product.program(), target);
        boolean whole = !broken && target.blockedWeights() && inner <= (target == Target.ESP32P4 ? 40 : 31) && shift <= 24;
        simulator.observe((node, value, buffer) -> {
            if (whole) {
                assertTrue(buffer.hasWholes(), () -> value + " has integers only");
            }
        });
        simulator.run(product.inputs());
    }

    private static ChipCase of(String operator, ElementType type, Random random, List<Integer> dims) {
        return second(ChipCase.of(operator), type, random, dims);
    }

    private static ChipCase second(ChipCase given, ElementType type, Random random, List<Integer> dims) {
        int size = dims.stream().reduce(1, Math::multiplyExact);
        int bound = 1 << (type.bytes() * Byte.SIZE - 1);
        return given.value(type, -3, dims, random.longs(size, -bound, bound).toArray());
    }

    /** Places never overlap, and all memory that was given back is one place again. */
    @Property(tries = 100)
    void placesAreApart(@ForAll long seed) {
        Random random = new Random(seed);
        WholeMemory memory = new WholeMemory(random.nextInt(5000), IntUnaryOperator.identity());
        List<WholeMemory.Place> taken = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            if (taken.isEmpty() || random.nextInt(5) < 3) {
                WholeMemory.Place place = memory.take(random.nextInt(1, 700));
                for (WholeMemory.Place other : taken) {
                    boolean apart = place.array() != other.array() || place.start() + place.length() <= other.start()
                            || other.start() + other.length() <= place.start();
                    assertTrue(apart && place.start() + place.length() <= place.array().length, place + " and " + other);
                }
                taken.add(place);
            } else {
                memory.give(taken.remove(random.nextInt(taken.size())));
            }
        }
    }

    @Test
    void memoryGivenBackIsOnePieceAgain() {
        WholeMemory memory = new WholeMemory(1600, IntUnaryOperator.identity());
        List<WholeMemory.Place> taken = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            taken.add(memory.take(160));
        }
        for (int i : new int[] {3, 1, 2, 9, 0, 5, 4, 7, 8, 6}) {
            memory.give(taken.get(i));
        }
        assertSame(taken.getFirst().array(), memory.take(1600).array());
    }

    /** A damaged file may ask for more than any chip has. */
    @Test
    void moreValuesThanAnyChipHoldsAreRefused() {
        ChipMemory memory = new ChipMemory(0);
        memory.wholes().take(1 << 25);
        assertTrue(assertThrows(BitgrainException.class, () -> memory.wholes().take(1 << 25)).getMessage().contains("fits no chip's memory"));
    }
}
