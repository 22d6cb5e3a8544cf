package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.tensor.Shape;

/** How operands of an element-wise operator meet its result. */
public final class Broadcast {
    private Broadcast() {}

    /** Layout of a result: channels last as soon as an operand of its rank is. */
    public static Layout layout(Value a, Value b, Shape result) {
        boolean channelsLast = decides(a, result) || decides(b, result);
        return channelsLast ? Layout.CHANNELS_LAST : Layout.DENSE;
    }

    private static boolean decides(Value value, Shape result) {
        return value.layout() == Layout.CHANNELS_LAST && value.shape().rank() == result.rank();
    }

    /** An operand, converted to the result's layout where its own would give runs that are no runs. */
    public static Value operand(PlannedNode node, int operand, Value result) {
        Value value = node.in(operand);
        int rank = result.shape().rank();
        if (value.layout() == result.layout() || value.shape().rank() != rank || rank < 2) {
            return value;
        }
        StridedLoop loop = StridedLoop.of(result.shape().dims(), result.strides(), strides(value, result));
        return loop.runStride(0) == 1 && loop.runStride(1) <= 1 ? value : node.in(operand, result.layout());
    }

    /** Strides of an operand along the result's axes: 0 where it is repeated. */
    public static int[] strides(Value operand, Value result) {
        int[] own = operand.strides();
        int rank = result.shape().rank();
        int missing = rank - own.length;
        int[] strides = new int[rank];
        for (int axis = missing; axis < rank; axis++) {
            boolean repeated = operand.shape().dim(axis - missing) == 1;
            strides[axis] = repeated ? 0 : own[axis - missing];
        }
        return strides;
    }

    /** 1 when operand and result can be walked as one flat run, 0 when the operand is one number, -1 otherwise. */
    public static int flatStep(Value operand, Value result) {
        if (operand.sameGeometry(result)) {
            return 1;
        }
        return operand.shape().size() == 1 ? 0 : -1;
    }

    /**
     * Runs of a loop over (result, a, b) in pieces that kernels take: unit stride, or single elements where there is none.
     *
     * @param loop the loop
     * @param pieces pieces per run
     */
    public record Runs(StridedLoop loop, int pieces) {
        /** A piece of n elements at these offsets. */
        @FunctionalInterface
        public interface Piece {
            /** Handles a piece. */
            void accept(int yOffset, int aOffset, int bOffset, int n);
        }

        /** The pieces of a loop. */
        public static Runs of(StridedLoop loop) {
            boolean unit = loop.runStride(0) == 1 && loop.runStride(1) >= 0 && loop.runStride(1) <= 1
                    && loop.runStride(2) >= 0 && loop.runStride(2) <= 1;
            return new Runs(loop, unit ? 1 : loop.runLength());
        }

        /** Visits the pieces of a run. */
        public void forEach(int[] at, Piece piece) {
            int n = loop.runLength() / pieces;
            for (int i = 0; i < pieces; i++) {
                piece.accept(at[0] + i * loop.runStride(0), at[1] + i * loop.runStride(1), at[2] + i * loop.runStride(2), n);
            }
        }
    }
}
