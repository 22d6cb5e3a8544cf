package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.DOUBLES;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.PAIR;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Sums in double precision over whole pairs of vectors, each of which becomes two vectors of doubles. The order is fixed for a vector
 * width; at 64 bits, where a vector holds a single double, nothing is done. (Vectors of half the width would be read faster, but a second class of float vectors in the process lets the compiler
 * box those of other kernels, see docs/performance.md.)
 */
final class VectorReductions {
    private static final boolean EXISTS = FLOATS.vectorBitSize() > Double.SIZE;

    private VectorReductions() {}

    /** How many of n elements the other methods sum. */
    static int end(int n) {
        return EXISTS ? n / PAIR * PAIR : 0;
    }

    static double sum(int end, float[] x, int xOffset) {
        if (end == 0) {
            return 0;
        }
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = DoubleVector.zero(DOUBLES);
        DoubleVector s2 = DoubleVector.zero(DOUBLES);
        DoubleVector s3 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < end; i += PAIR) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xOffset + i);
            FloatVector w = FloatVector.fromArray(FLOATS, x, xOffset + i + COUNT);
            s0 = ((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 0)).add(s0);
            s1 = ((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 1)).add(s1);
            s2 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 0)).add(s2);
            s3 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 1)).add(s3);
        }
        return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
    }

    static double dot(int end, float[] a, int aOffset, float[] b, int bOffset) {
        if (end == 0) {
            return 0;
        }
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = DoubleVector.zero(DOUBLES);
        DoubleVector s2 = DoubleVector.zero(DOUBLES);
        DoubleVector s3 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < end; i += PAIR) {
            FloatVector u = FloatVector.fromArray(FLOATS, a, aOffset + i);
            FloatVector v = FloatVector.fromArray(FLOATS, b, bOffset + i);
            s0 = ((DoubleVector) u.convertShape(VectorOperators.F2D, DOUBLES, 0)).fma((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 0), s0);
            s1 = ((DoubleVector) u.convertShape(VectorOperators.F2D, DOUBLES, 1)).fma((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 1), s1);
            FloatVector w = FloatVector.fromArray(FLOATS, a, aOffset + i + COUNT);
            FloatVector z = FloatVector.fromArray(FLOATS, b, bOffset + i + COUNT);
            s2 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 0)).fma((DoubleVector) z.convertShape(VectorOperators.F2D, DOUBLES, 0), s2);
            s3 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 1)).fma((DoubleVector) z.convertShape(VectorOperators.F2D, DOUBLES, 1), s3);
        }
        return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
    }

    static double squaredDistance(int end, float[] a, int aOffset, float[] b, int bOffset) {
        if (end == 0) {
            return 0;
        }
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = DoubleVector.zero(DOUBLES);
        DoubleVector s2 = DoubleVector.zero(DOUBLES);
        DoubleVector s3 = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < end; i += PAIR) {
            FloatVector u = FloatVector.fromArray(FLOATS, a, aOffset + i);
            FloatVector v = FloatVector.fromArray(FLOATS, b, bOffset + i);
            DoubleVector d0 = ((DoubleVector) u.convertShape(VectorOperators.F2D, DOUBLES, 0)).sub((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 0));
            DoubleVector d1 = ((DoubleVector) u.convertShape(VectorOperators.F2D, DOUBLES, 1)).sub((DoubleVector) v.convertShape(VectorOperators.F2D, DOUBLES, 1));
            FloatVector w = FloatVector.fromArray(FLOATS, a, aOffset + i + COUNT);
            FloatVector z = FloatVector.fromArray(FLOATS, b, bOffset + i + COUNT);
            DoubleVector d2 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 0)).sub((DoubleVector) z.convertShape(VectorOperators.F2D, DOUBLES, 0));
            DoubleVector d3 = ((DoubleVector) w.convertShape(VectorOperators.F2D, DOUBLES, 1)).sub((DoubleVector) z.convertShape(VectorOperators.F2D, DOUBLES, 1));
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
            s2 = d2.fma(d2, s2);
            s3 = d3.fma(d3, s3);
        }
        return s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
    }
}
