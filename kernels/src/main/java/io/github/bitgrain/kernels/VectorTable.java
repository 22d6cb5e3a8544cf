package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.INTS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tables of {@link Finish#ENTRIES} entries. Vectors of 16 lanes hold the whole table in 16 registers: eight instructions each select from 32
 * entries, comparisons choose among the eight. Shorter vectors would need twice to eight times as many; scalar code looks entries up there.
 */
final class VectorTable {
    private static final int LONGEST = 16;
    /** Entries that an instruction selects from. */
    private static final int PAIR = 2 * LONGEST;
    /** A sum with it has its low bits in the low bits of the float: 1.5 · 2^23. */
    private static final float WHOLE = 0x1.8p23f;

    private VectorTable() {}

    /** {@link FloatKernels#lookUp} of rows of n values, {@code xRow} and {@code yRow} floats apart. */
    static void lookUp(float[] table, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        int done = COUNT == LONGEST ? vectors(table, rows, n, x, xOffset, xRow, y, yOffset, yRow) : 0;
        for (int row = 0; row < rows && done < n; row++) {
            entries(table, n - done, x, xOffset + row * xRow + done, y, yOffset + row * yRow + done);
        }
    }

    /** The number that a sum has in its low bits is found without a conversion, which would look for numbers that are no integers. */
    private static void entries(float[] table, int n, float[] x, int xOffset, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = table[Float.floatToRawIntBits(x[xOffset + i] + (WHOLE - Byte.MIN_VALUE)) & Finish.ENTRIES - 1];
        }
    }

    private static int vectors(float[] table, int rows, int n, float[] x, int xOffset, int xRow, float[] y, int yOffset, int yRow) {
        IntVector t0 = FloatVector.fromArray(FLOATS, table, 0).reinterpretAsInts();
        IntVector t1 = FloatVector.fromArray(FLOATS, table, LONGEST).reinterpretAsInts();
        IntVector t2 = FloatVector.fromArray(FLOATS, table, 2 * LONGEST).reinterpretAsInts();
        IntVector t3 = FloatVector.fromArray(FLOATS, table, 3 * LONGEST).reinterpretAsInts();
        IntVector t4 = FloatVector.fromArray(FLOATS, table, 4 * LONGEST).reinterpretAsInts();
        IntVector t5 = FloatVector.fromArray(FLOATS, table, 5 * LONGEST).reinterpretAsInts();
        IntVector t6 = FloatVector.fromArray(FLOATS, table, 6 * LONGEST).reinterpretAsInts();
        IntVector t7 = FloatVector.fromArray(FLOATS, table, 7 * LONGEST).reinterpretAsInts();
        IntVector t8 = FloatVector.fromArray(FLOATS, table, 8 * LONGEST).reinterpretAsInts();
        IntVector t9 = FloatVector.fromArray(FLOATS, table, 9 * LONGEST).reinterpretAsInts();
        IntVector t10 = FloatVector.fromArray(FLOATS, table, 10 * LONGEST).reinterpretAsInts();
        IntVector t11 = FloatVector.fromArray(FLOATS, table, 11 * LONGEST).reinterpretAsInts();
        IntVector t12 = FloatVector.fromArray(FLOATS, table, 12 * LONGEST).reinterpretAsInts();
        IntVector t13 = FloatVector.fromArray(FLOATS, table, 13 * LONGEST).reinterpretAsInts();
        IntVector t14 = FloatVector.fromArray(FLOATS, table, 14 * LONGEST).reinterpretAsInts();
        IntVector t15 = FloatVector.fromArray(FLOATS, table, 15 * LONGEST).reinterpretAsInts();
        int end = FLOATS.loopBound(n);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < end; i += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + row * xRow + i);
                IntVector entry = v.add(WHOLE).reinterpretAsInts().and(PAIR - 1);
                IntVector e0 = entry.selectFrom(t0, t1).blend(entry.selectFrom(t2, t3), v.compare(VectorOperators.GE, -96f).cast(INTS));
                IntVector e1 = entry.selectFrom(t4, t5).blend(entry.selectFrom(t6, t7), v.compare(VectorOperators.GE, -32f).cast(INTS));
                IntVector e2 = entry.selectFrom(t8, t9).blend(entry.selectFrom(t10, t11), v.compare(VectorOperators.GE, 32f).cast(INTS));
                IntVector e3 = entry.selectFrom(t12, t13).blend(entry.selectFrom(t14, t15), v.compare(VectorOperators.GE, 96f).cast(INTS));
                IntVector low = e0.blend(e1, v.compare(VectorOperators.GE, -64f).cast(INTS));
                IntVector high = e2.blend(e3, v.compare(VectorOperators.GE, 64f).cast(INTS));
                low.blend(high, v.compare(VectorOperators.GE, 0f).cast(INTS)).reinterpretAsFloats().intoArray(y, yOffset + row * yRow + i);
            }
        }
        return end;
    }
}
