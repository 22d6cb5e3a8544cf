package io.github.bitgrain.kernels;

import java.util.Arrays;

/**
 * Depthwise convolutions of 3 × 3 with many channels, a row of outputs at a time: tiles of four outputs, the first and the last one of
 * which know the border. A row of the source beyond the border is read from an array of zeros.
 */
final class VectorDepthwiseRows {
    /** Outputs of a tile. */
    static final int OUTPUTS = 4;
    /** Below this, vectors of a few pixels lie so close together that a vector of channels at a time is faster. */
    private static final int MANY_CHANNELS = 48;
    private static final int KERNEL = 3;

    private final float[][] rows = new float[KERNEL][];
    private final int[] starts = new int[KERNEL];
    private float[] zeros;
    private int pixelStep;
    private int stride;
    private boolean left;
    private boolean right;
    private int columns;

    /** Whether a walk is of this kind: many channels, and at most one column of taps beyond the border at either end of a row. */
    static boolean fits(Walk walk, int padded) {
        int beyond = beyond(walk);
        int smallest = walk.tapsX[0] < 0 && beyond > 0 ? OUTPUTS + 1 : OUTPUTS;
        return isNine(walk, padded) && walk.tapsX[0] >= -1 && beyond <= 1 && walk.columns >= smallest;
    }

    /** Whether {@link #ofBordered} serves a walk. */
    static boolean fitsBordered(Walk walk, int padded) {
        return isNine(walk, padded) && walk.columns >= OUTPUTS;
    }

    private static boolean isNine(Walk walk, int padded) {
        return padded >= MANY_CHANNELS && walk.countY == KERNEL && walk.countX == KERNEL && walk.columnsAdjoin() && walk.stepX <= 2;
    }

    /** Columns that the last output reads beyond the border. */
    private static int beyond(Walk walk) {
        return (walk.columns - 1) * walk.stepX + walk.tapsX[walk.countX - 1] - (walk.sourceW - 1);
    }

    /** Prepares for a walk that {@link #fits}. */
    void start(Scratch scratch, Walk walk, int xStride, int padded) {
        zeros = scratch.zeros.atLeast((walk.sourceW + KERNEL) * xStride + padded);
        pixelStep = xStride;
        stride = walk.stepX;
        left = walk.tapsX[0] < 0;
        right = beyond(walk) > 0;
        columns = walk.columns;
    }

    /** The source of output row {@code j} of image {@code n}; columns count from the first tap of the first output. */
    private void source(Walk walk, float[] x, int xOffset, int n, int j) {
        for (int k = 0; k < KERNEL; k++) {
            int row = j * walk.stepY + walk.tapsY[k];
            boolean exists = row >= 0 && row < walk.sourceH;
            rows[k] = exists ? x : zeros;
            starts[k] = (exists ? xOffset + (n * walk.sourceH + row) * walk.sourceW * pixelStep : 0) + walk.tapsX[0] * pixelStep;
        }
    }

    /** One row of outputs, {@code start + Σ x w}. */
    void forward(Walk walk, float[] x, int xOffset, int n, int j, float[] w, int wOffset, int padded, float[] start, float[] y, int to, int toStep) {
        source(walk, x, xOffset, n, j);
        int last = columns - OUTPUTS;
        int first = left ? OUTPUTS : 0;
        int end = right ? last : columns;
        if (left) {
            tiles(true, false, 0, 1, w, wOffset, padded, start, y, to, toStep);
        }
        int count = (end - first) / OUTPUTS;
        tiles(false, false, first, count, w, wOffset, padded, start, y, to, toStep);
        if (first + count * OUTPUTS < end) {
            // Outputs of a neighbouring tile are computed twice.
            tiles(false, false, Math.max(0, end - OUTPUTS), 1, w, wOffset, padded, start, y, to, toStep);
        }
        if (right) {
            tiles(false, true, last, 1, w, wOffset, padded, start, y, to, toStep);
        }
    }

    /**
     * One row of outputs of a source that has its border: rows of taps are {@code rowStep} apart.
     *
     * @param at where the first tap of the first output lies
     */
    static void ofBordered(float[] x, int at, int rowStep, int pixelStep, int stride, float[] w, int padded, float[] start, float[] y, int to, int count) {
        int whole = count / OUTPUTS;
        bordered(x, at, rowStep, pixelStep, stride, w, padded, start, y, to, whole);
        if (whole * OUTPUTS < count) {
            int last = count - OUTPUTS;
            bordered(x, at + last * stride * pixelStep, rowStep, pixelStep, stride, w, padded, start, y, to + last * padded, 1);
        }
    }

    private static void bordered(float[] x, int at, int rowStep, int pixelStep, int stride, float[] w, int padded, float[] start, float[] y, int to, int tiles) {
        if (Lanes.FEW_REGISTERS) {
            if (stride == 1) {
                FlatDepthwiseRows.four(x, at, x, at + rowStep, x, at + 2 * rowStep, pixelStep, w, 0, padded, start, y, to, padded, tiles);
            } else {
                FlatDepthwiseRows.fourStrided(x, at, x, at + rowStep, x, at + 2 * rowStep, pixelStep, w, 0, padded, start, y, to, padded, tiles);
            }
        } else if (stride == 1) {
            DepthwiseRows.four(x, at, x, at + rowStep, x, at + 2 * rowStep, pixelStep, w, 0, padded, start, y, to, padded, tiles);
        } else {
            DepthwiseRows.fourStrided(x, at, x, at + rowStep, x, at + 2 * rowStep, pixelStep, w, 0, padded, start, y, to, padded, tiles);
        }
    }

    private void tiles(boolean atLeft, boolean atRight, int column, int count, float[] w, int wOffset, int padded, float[] start, float[] y, int to,
            int toStep) {
        int skipped = column * stride * pixelStep;
        int a = starts[0] + skipped;
        int b = starts[1] + skipped;
        int c = starts[2] + skipped;
        int at = to + column * toStep;
        if (Lanes.FEW_REGISTERS) {
            if (stride == 1) {
                if (atLeft) {
                    FlatDepthwiseRows.fourLeft(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
                } else if (atRight) {
                    FlatDepthwiseRows.fourRight(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
                } else {
                    FlatDepthwiseRows.four(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
                }
            } else if (atLeft) {
                FlatDepthwiseRows.fourStridedLeft(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            } else if (atRight) {
                FlatDepthwiseRows.fourStridedRight(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            } else {
                FlatDepthwiseRows.fourStrided(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            }
        } else if (stride == 1) {
            if (atLeft) {
                DepthwiseRows.fourLeft(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            } else if (atRight) {
                DepthwiseRows.fourRight(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            } else {
                DepthwiseRows.four(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
            }
        } else if (atLeft) {
            DepthwiseRows.fourStridedLeft(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
        } else if (atRight) {
            DepthwiseRows.fourStridedRight(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
        } else {
            DepthwiseRows.fourStrided(rows[0], a, rows[1], b, rows[2], c, pixelStep, w, wOffset, padded, start, y, at, toStep, count);
        }
    }

    /**
     * Adds the weight gradient of one row of outputs to nine lines of sums.
     *
     * @param rest storage for the gradients of a tile
     */
    void weightGradient(Walk walk, float[] x, int xOffset, int n, int j, float[] dy, int dyAt, int dyStep, int padded, float[] sums, float[] rest) {
        source(walk, x, xOffset, n, j);
        int done = 0;
        if (left) {
            gradients(true, false, 0, 1, dy, dyAt, dyStep, padded, sums);
            done = OUTPUTS;
        }
        int count = (columns - done) / OUTPUTS - (right && (columns - done) % OUTPUTS == 0 ? 1 : 0);
        gradients(false, false, done, count, dy, dyAt + done * dyStep, dyStep, padded, sums);
        done += count * OUTPUTS;
        if (done < columns) {
            // Outputs of the last tile that are done already count as zeros.
            int last = columns - OUTPUTS;
            int known = done - last;
            Arrays.fill(rest, 0, known * padded, 0f);
            for (int i = known; i < OUTPUTS; i++) {
                System.arraycopy(dy, dyAt + (last + i) * dyStep, rest, i * padded, padded);
            }
            gradients(false, right, last, 1, rest, 0, padded, padded, sums);
        }
    }

    private void gradients(boolean atLeft, boolean atRight, int column, int count, float[] dy, int dyAt, int dyStep, int padded, float[] sums) {
        int skipped = column * stride * pixelStep;
        int a = starts[0] + skipped;
        int b = starts[1] + skipped;
        int c = starts[2] + skipped;
        if (stride == 1) {
            if (atLeft) {
                DepthwiseRows.fourLeftGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
            } else if (atRight) {
                DepthwiseRows.fourRightGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
            } else {
                DepthwiseRows.fourGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
            }
        } else if (atLeft) {
            DepthwiseRows.fourStridedLeftGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
        } else if (atRight) {
            DepthwiseRows.fourStridedRightGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
        } else {
            DepthwiseRows.fourStridedGradient(rows[0], a, rows[1], b, rows[2], c, pixelStep, dy, dyAt, dyStep, padded, sums, count);
        }
    }
}
