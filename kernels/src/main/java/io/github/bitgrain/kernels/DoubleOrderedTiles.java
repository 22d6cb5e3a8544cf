// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.DOUBLE_COUNT;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** {@link OrderedTiles} in double precision. */
final class DoubleOrderedTiles {
    private static final long SIGN_AND_EXPONENT = -1L << 52;

    private DoubleOrderedTiles() {}

    /** As {@link OrderedTiles#checked8x1}. */
    static boolean checked8x1(double[] x, int[] rows, int row, int[] runs, int[] lengths, int runCount, double[] w, int wOffset,
            double[] start, int at, double offset, double[] y, int[] outputs, int yOffset) {
        DoubleVector z = DoubleVector.fromArray(DOUBLES, start, at).add(offset);
        long middle = Double.doubleToRawLongBits(offset);
        LongVector outside = z.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle);
        DoubleVector c0 = z;
        DoubleVector c1 = z;
        DoubleVector c2 = z;
        DoubleVector c3 = z;
        DoubleVector c4 = z;
        DoubleVector c5 = z;
        DoubleVector c6 = z;
        DoubleVector c7 = z;
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
            int a7 = rows[row + 7] + runs[r];
            outside = c0.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c1.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c2.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c3.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c4.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c5.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c6.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c7.reinterpretAsLongs().lanewise(VectorOperators.XOR, middle).or(outside);
            int k = 0;
            do {
                DoubleVector b = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_COUNT);
                c0 = DoubleVector.broadcast(DOUBLES, x[a0 + k]).fma(b, c0);
                c1 = DoubleVector.broadcast(DOUBLES, x[a1 + k]).fma(b, c1);
                c2 = DoubleVector.broadcast(DOUBLES, x[a2 + k]).fma(b, c2);
                c3 = DoubleVector.broadcast(DOUBLES, x[a3 + k]).fma(b, c3);
                c4 = DoubleVector.broadcast(DOUBLES, x[a4 + k]).fma(b, c4);
                c5 = DoubleVector.broadcast(DOUBLES, x[a5 + k]).fma(b, c5);
                c6 = DoubleVector.broadcast(DOUBLES, x[a6 + k]).fma(b, c6);
                c7 = DoubleVector.broadcast(DOUBLES, x[a7 + k]).fma(b, c7);
                k++;
            } while (k < lengths[r]);
            panel += lengths[r] * DOUBLE_COUNT;
        }
        c0.sub(offset).intoArray(y, yOffset + outputs[row]);
        c1.sub(offset).intoArray(y, yOffset + outputs[row + 1]);
        c2.sub(offset).intoArray(y, yOffset + outputs[row + 2]);
        c3.sub(offset).intoArray(y, yOffset + outputs[row + 3]);
        c4.sub(offset).intoArray(y, yOffset + outputs[row + 4]);
        c5.sub(offset).intoArray(y, yOffset + outputs[row + 5]);
        c6.sub(offset).intoArray(y, yOffset + outputs[row + 6]);
        c7.sub(offset).intoArray(y, yOffset + outputs[row + 7]);
        return (outside.reduceLanes(VectorOperators.OR) & SIGN_AND_EXPONENT) == 0;
    }

    /** As {@link OrderedTiles#saturating8x1}, with sums limited after every {@code chunk} products of a run and at its end. */
    static void saturating8x1(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, int chunk, double[] w, int wOffset,
            double[] start, int at, double offset, double lowest, double highest, double[] y, int[] outputs, int yOffset) {
        DoubleVector z = DoubleVector.fromArray(DOUBLES, start, at).add(offset);
        LongVector low = DoubleVector.broadcast(DOUBLES, lowest).reinterpretAsLongs();
        LongVector high = DoubleVector.broadcast(DOUBLES, highest).reinterpretAsLongs();
        DoubleVector c0 = z;
        DoubleVector c1 = z;
        DoubleVector c2 = z;
        DoubleVector c3 = z;
        DoubleVector c4 = z;
        DoubleVector c5 = z;
        DoubleVector c6 = z;
        DoubleVector c7 = z;
        int panel = wOffset;
        for (int r = 0; r < runCount; r++) {
            int a0 = rows[row] + runs[r];
            int a1 = rows[row + 1] + runs[r];
            int a2 = rows[row + 2] + runs[r];
            int a3 = rows[row + 3] + runs[r];
            int a4 = rows[row + 4] + runs[r];
            int a5 = rows[row + 5] + runs[r];
            int a6 = rows[row + 6] + runs[r];
            int a7 = rows[row + 7] + runs[r];
            int k = 0;
            do {
                int end = Math.min(k + chunk, runLength);
                do {
                    DoubleVector b = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_COUNT);
                    c0 = DoubleVector.broadcast(DOUBLES, x[a0 + k]).fma(b, c0);
                    c1 = DoubleVector.broadcast(DOUBLES, x[a1 + k]).fma(b, c1);
                    c2 = DoubleVector.broadcast(DOUBLES, x[a2 + k]).fma(b, c2);
                    c3 = DoubleVector.broadcast(DOUBLES, x[a3 + k]).fma(b, c3);
                    c4 = DoubleVector.broadcast(DOUBLES, x[a4 + k]).fma(b, c4);
                    c5 = DoubleVector.broadcast(DOUBLES, x[a5 + k]).fma(b, c5);
                    c6 = DoubleVector.broadcast(DOUBLES, x[a6 + k]).fma(b, c6);
                    c7 = DoubleVector.broadcast(DOUBLES, x[a7 + k]).fma(b, c7);
                    k++;
                } while (k < end);
                c0 = c0.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c1 = c1.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c2 = c2.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c3 = c3.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c4 = c4.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c5 = c5.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c6 = c6.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                c7 = c7.reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
            } while (k < runLength);
            panel += runLength * DOUBLE_COUNT;
        }
        c0.sub(offset).intoArray(y, yOffset + outputs[row]);
        c1.sub(offset).intoArray(y, yOffset + outputs[row + 1]);
        c2.sub(offset).intoArray(y, yOffset + outputs[row + 2]);
        c3.sub(offset).intoArray(y, yOffset + outputs[row + 3]);
        c4.sub(offset).intoArray(y, yOffset + outputs[row + 4]);
        c5.sub(offset).intoArray(y, yOffset + outputs[row + 5]);
        c6.sub(offset).intoArray(y, yOffset + outputs[row + 6]);
        c7.sub(offset).intoArray(y, yOffset + outputs[row + 7]);
    }

    /** As {@link OrderedTiles#depthwise}. */
    static void depthwise(double[] x, int at, int step, int[] taps, int tapCount, double[] w, int wOffset, int wRow, double[] start, int c,
            double offset, double lowest, double highest, double[] y, int to, int count) {
        DoubleVector z = DoubleVector.fromArray(DOUBLES, start, c).add(offset);
        LongVector low = DoubleVector.broadcast(DOUBLES, lowest).reinterpretAsLongs();
        LongVector high = DoubleVector.broadcast(DOUBLES, highest).reinterpretAsLongs();
        for (int i = 0; i < count; i += 4) {
            // Beyond the last position it is computed again.
            int i0 = Math.min(i, count - 1);
            int i1 = Math.min(i + 1, count - 1);
            int i2 = Math.min(i + 2, count - 1);
            int i3 = Math.min(i + 3, count - 1);
            int from0 = at + i0 * step;
            int from1 = at + i1 * step;
            int from2 = at + i2 * step;
            int from3 = at + i3 * step;
            DoubleVector s0 = z;
            DoubleVector s1 = z;
            DoubleVector s2 = z;
            DoubleVector s3 = z;
            for (int t = 0; t < tapCount; t++) {
                DoubleVector weight = DoubleVector.fromArray(DOUBLES, w, wOffset + t * wRow);
                s0 = DoubleVector.fromArray(DOUBLES, x, from0 + taps[t]).fma(weight, s0).reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                s1 = DoubleVector.fromArray(DOUBLES, x, from1 + taps[t]).fma(weight, s1).reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                s2 = DoubleVector.fromArray(DOUBLES, x, from2 + taps[t]).fma(weight, s2).reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
                s3 = DoubleVector.fromArray(DOUBLES, x, from3 + taps[t]).fma(weight, s3).reinterpretAsLongs().min(high).max(low).reinterpretAsDoubles();
            }
            s0.sub(offset).intoArray(y, to + i0 * wRow);
            s1.sub(offset).intoArray(y, to + i1 * wRow);
            s2.sub(offset).intoArray(y, to + i2 * wRow);
            s3.sub(offset).intoArray(y, to + i3 * wRow);
        }
    }
}
