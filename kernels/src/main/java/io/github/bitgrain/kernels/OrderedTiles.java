// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The innermost loops of convolutions whose sums may saturate; see {@link Tiles} for why they look so.
 *
 * <p>Sums of an accumulator of 2 R numbers, -R to R - 1, lie here around an offset of 3/2 R. They are then positive, and two comparisons
 * of their bits as integers limit them. And those of its middle half, R to 2 R - 1, are all the numbers of one exponent: sign and
 * exponent alone tell whether a sum has so much room left that some more products need no limit.
 */
final class OrderedTiles {
    private static final int SIGN_AND_EXPONENT = -1 << 23;

    private OrderedTiles() {}

    /**
     * {@code y[outputs[row + i] + yOffset + j] = start[at + j] + Σ_r Σ_k x[rows[row + i] + runs[r] + k] w[r][k][j]} for 8 rows and one
     * vector of columns, products in ascending (r, k).
     *
     * @param lengths products of each run, which add up to no more than a quarter of the accumulator's range
     * @param offset 3/4 of the accumulator's range
     * @return whether every sum lay in the middle half of the range before each run; then no accumulator has left it
     */
    static boolean checked8x1(float[] x, int[] rows, int row, int[] runs, int[] lengths, int runCount, float[] w, int wOffset,
            float[] start, int at, float offset, float[] y, int[] outputs, int yOffset) {
        FloatVector z = FloatVector.fromArray(FLOATS, start, at).add(offset);
        int middle = Float.floatToRawIntBits(offset);
        IntVector outside = z.reinterpretAsInts().lanewise(VectorOperators.XOR, middle);
        FloatVector c0 = z;
        FloatVector c1 = z;
        FloatVector c2 = z;
        FloatVector c3 = z;
        FloatVector c4 = z;
        FloatVector c5 = z;
        FloatVector c6 = z;
        FloatVector c7 = z;
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
            outside = c0.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c1.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c2.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c3.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c4.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c5.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c6.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            outside = c7.reinterpretAsInts().lanewise(VectorOperators.XOR, middle).or(outside);
            int k = 0;
            do {
                FloatVector b = FloatVector.fromArray(FLOATS, w, panel + k * COUNT);
                c0 = FloatVector.broadcast(FLOATS, x[a0 + k]).fma(b, c0);
                c1 = FloatVector.broadcast(FLOATS, x[a1 + k]).fma(b, c1);
                c2 = FloatVector.broadcast(FLOATS, x[a2 + k]).fma(b, c2);
                c3 = FloatVector.broadcast(FLOATS, x[a3 + k]).fma(b, c3);
                c4 = FloatVector.broadcast(FLOATS, x[a4 + k]).fma(b, c4);
                c5 = FloatVector.broadcast(FLOATS, x[a5 + k]).fma(b, c5);
                c6 = FloatVector.broadcast(FLOATS, x[a6 + k]).fma(b, c6);
                c7 = FloatVector.broadcast(FLOATS, x[a7 + k]).fma(b, c7);
                k++;
            } while (k < lengths[r]);
            panel += lengths[r] * COUNT;
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

    /**
     * As {@link #checked8x1} with runs of equal length and sums limited to {@code lowest … highest} after every product; both with
     * the offset added, so that they and everything that a product makes of them are positive.
     */
    static void saturating8x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
            float[] start, int at, float offset, float lowest, float highest, float[] y, int[] outputs, int yOffset) {
        FloatVector z = FloatVector.fromArray(FLOATS, start, at).add(offset);
        IntVector low = FloatVector.broadcast(FLOATS, lowest).reinterpretAsInts();
        IntVector high = FloatVector.broadcast(FLOATS, highest).reinterpretAsInts();
        FloatVector c0 = z;
        FloatVector c1 = z;
        FloatVector c2 = z;
        FloatVector c3 = z;
        FloatVector c4 = z;
        FloatVector c5 = z;
        FloatVector c6 = z;
        FloatVector c7 = z;
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
                FloatVector b = FloatVector.fromArray(FLOATS, w, panel + k * COUNT);
                c0 = FloatVector.broadcast(FLOATS, x[a0 + k]).fma(b, c0).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c1 = FloatVector.broadcast(FLOATS, x[a1 + k]).fma(b, c1).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c2 = FloatVector.broadcast(FLOATS, x[a2 + k]).fma(b, c2).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c3 = FloatVector.broadcast(FLOATS, x[a3 + k]).fma(b, c3).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c4 = FloatVector.broadcast(FLOATS, x[a4 + k]).fma(b, c4).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c5 = FloatVector.broadcast(FLOATS, x[a5 + k]).fma(b, c5).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c6 = FloatVector.broadcast(FLOATS, x[a6 + k]).fma(b, c6).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                c7 = FloatVector.broadcast(FLOATS, x[a7 + k]).fma(b, c7).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                k++;
            } while (k < runLength);
            panel += runLength * COUNT;
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

    /**
     * {@code y[to + i wRow + j] = start[c + j] + Σ_t x[at + i step + taps[t] + j] w[wOffset + t wRow + j]}, limited after every
     * product, for i below count and one vector of channels; four positions at a time share the weights.
     */
    static void depthwise(float[] x, int at, int step, int[] taps, int tapCount, float[] w, int wOffset, int wRow, float[] start, int c,
            float offset, float lowest, float highest, float[] y, int to, int count) {
        FloatVector z = FloatVector.fromArray(FLOATS, start, c).add(offset);
        IntVector low = FloatVector.broadcast(FLOATS, lowest).reinterpretAsInts();
        IntVector high = FloatVector.broadcast(FLOATS, highest).reinterpretAsInts();
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
            FloatVector s0 = z;
            FloatVector s1 = z;
            FloatVector s2 = z;
            FloatVector s3 = z;
            for (int t = 0; t < tapCount; t++) {
                FloatVector weight = FloatVector.fromArray(FLOATS, w, wOffset + t * wRow);
                s0 = FloatVector.fromArray(FLOATS, x, from0 + taps[t]).fma(weight, s0).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                s1 = FloatVector.fromArray(FLOATS, x, from1 + taps[t]).fma(weight, s1).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                s2 = FloatVector.fromArray(FLOATS, x, from2 + taps[t]).fma(weight, s2).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
                s3 = FloatVector.fromArray(FLOATS, x, from3 + taps[t]).fma(weight, s3).reinterpretAsInts().min(high).max(low).reinterpretAsFloats();
            }
            s0.sub(offset).intoArray(y, to + i0 * wRow);
            s1.sub(offset).intoArray(y, to + i1 * wRow);
            s2.sub(offset).intoArray(y, to + i2 * wRow);
            s3.sub(offset).intoArray(y, to + i3 * wRow);
        }
    }
}
