package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;

/** Multidirectional broadcasting of two operands, and the merged innermost extent that the chip's dispatch looks at. */
final class Broadcast {
    private final int[] shape;
    private final int[] stepsA;
    private final int[] stepsB;

    Broadcast(NodeSetup node, ChipBuffer a, ChipBuffer b) {
        int rank = Math.max(a.rank(), b.rank());
        shape = new int[rank];
        stepsA = new int[rank];
        stepsB = new int[rank];
        int strideA = 1;
        int strideB = 1;
        for (int axis = 1; axis <= rank; axis++) {
            int extentA = axis <= a.rank() ? a.dim(-axis) : 1;
            int extentB = axis <= b.rank() ? b.dim(-axis) : 1;
            if (extentA != extentB && extentA != 1 && extentB != 1) {
                throw node.fail("operands of extents " + extentA + " and " + extentB + " do not broadcast");
            }
            shape[rank - axis] = Math.max(extentA, extentB);
            stepsA[rank - axis] = extentA == 1 ? 0 : strideA;
            stepsB[rank - axis] = extentB == 1 ? 0 : strideB;
            strideA *= extentA;
            strideB *= extentB;
        }
    }

    int[] shape() {
        return shape;
    }

    /** Visits every output element with the places of its operands. */
    void forEach(Visitor visitor) {
        forEachRow((output, count, a, stepA, b, stepB) -> {
            for (int i = 0; i < count; i++) {
                visitor.visit(output + i, a + i * stepA, b + i * stepB);
            }
        });
    }

    interface Visitor {
        void visit(int output, int a, int b);
    }

    /** Visits rows of the output, as long as both operands run on or stand still; steps are 0 or 1. */
    void forEachRow(RowVisitor visitor) {
        int count = 1;
        for (int extent : shape) {
            count *= extent;
        }
        int axes = shape.length;
        int row = 1;
        int stepA = 0;
        int stepB = 0;
        while (axes > 0 && (row == 1 || shape[axes - 1] == 1 || stepsA[axes - 1] == stepA * row && stepsB[axes - 1] == stepB * row)) {
            axes--;
            if (shape[axes] > 1) {
                stepA = row == 1 ? stepsA[axes] : stepA;
                stepB = row == 1 ? stepsB[axes] : stepB;
                row *= shape[axes];
            }
        }
        int[] index = new int[axes];
        int a = 0;
        int b = 0;
        for (int i = 0; i < count; i += row) {
            visitor.visit(i, row, a, stepA, b, stepB);
            for (int axis = axes - 1; axis >= 0; axis--) {
                a += stepsA[axis];
                b += stepsB[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                index[axis] = 0;
                a -= stepsA[axis] * shape[axis];
                b -= stepsB[axis] * shape[axis];
            }
        }
    }

    interface RowVisitor {
        void visit(int output, int count, int a, int stepA, int b, int stepB);
    }

    /** How operand b (or a) runs along the merged innermost dimension. */
    enum Inner { VECTORS, A_SCALAR, B_SCALAR }

    /**
     * The innermost dimension after the chip has merged what it can (chip-arithmetic.md §3.3): its extent and which operand
     * stands still along it.
     */
    static Merged merge(ChipBuffer a, ChipBuffer b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] extentsA = aligned(a, rank);
        int[] extentsB = aligned(b, rank);
        int i = 0;
        for (int j = 1; j < rank; j++) {
            boolean same = extentsA[i] == extentsB[i] && extentsA[j] == extentsB[j];
            boolean aStill = extentsA[i] == 1 && extentsA[j] == 1;
            boolean bStill = extentsB[i] == 1 && extentsB[j] == 1;
            if (same || aStill || bStill) {
                extentsA[i] *= extentsA[j];
                extentsB[i] *= extentsB[j];
            } else {
                i++;
                extentsA[i] = extentsA[j];
                extentsB[i] = extentsB[j];
            }
        }
        int innerA = rank == 0 ? 1 : extentsA[i];
        int innerB = rank == 0 ? 1 : extentsB[i];
        Inner inner = innerB == 1 ? Inner.B_SCALAR : innerA == 1 ? Inner.A_SCALAR : Inner.VECTORS;
        return new Merged(Math.max(innerA, innerB), inner);
    }

    private static int[] aligned(ChipBuffer x, int rank) {
        int[] extents = new int[rank];
        for (int axis = 1; axis <= rank; axis++) {
            extents[rank - axis] = axis <= x.rank() ? x.dim(-axis) : 1;
        }
        return extents;
    }

    /** The merged innermost dimension. */
    record Merged(int extent, Inner inner) {}
}
