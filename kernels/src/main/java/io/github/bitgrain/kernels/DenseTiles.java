package io.github.bitgrain.kernels;

/**
 * Chooses among the tiles of dense convolutions and matrix products: their accumulators must fit in the registers of the processor, and
 * their rows should divide the positions.
 */
final class DenseTiles {
    /** Rows of the usual tile. */
    static final int HEIGHT = Lanes.FEW_REGISTERS ? FlatTiles.HEIGHT : Tiles.HEIGHT;

    private DenseTiles() {}

    /** Rows of the tiles that cover {@code count} positions with the fewest. */
    static int height(int count) {
        boolean sevens = !Lanes.FEW_REGISTERS && count >= Tiles.HEIGHT && cover(count, TilesOfSeven.HEIGHT) < cover(count, Tiles.HEIGHT);
        return sevens ? TilesOfSeven.HEIGHT : HEIGHT;
    }

    /** Rows that tiles of a height compute to cover {@code count}. */
    private static int cover(int count, int height) {
        return Math.ceilDiv(count, height) * height;
    }

    /**
     * {@link Tiles#tile8x2} of {@code height} rows, or {@link Tiles#tile8x1} where {@code pair} is false, for the output channels from n on.
     *
     * @param height {@link #HEIGHT} or what {@link #height} returned
     */
    static void tile(int height, boolean pair, float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int panel,
            float[] start, int n, float[] y, int[] outputs, int yOffset) {
        if (Lanes.FEW_REGISTERS) {
            if (pair) {
                FlatTiles.tile4x2(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
            } else {
                FlatTiles.tile4x1(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
            }
        } else if (height == TilesOfSeven.HEIGHT) {
            if (pair) {
                TilesOfSeven.tile7x2(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
            } else {
                TilesOfSeven.tile7x1(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
            }
        } else if (pair) {
            Tiles.tile8x2(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
        } else {
            Tiles.tile8x1(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, yOffset);
        }
    }

    /** The same in double precision, of {@link #HEIGHT} rows. */
    static void tile(boolean pair, double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, double[] w, int panel, double[] start, int n,
            double[] y, int[] outputs) {
        if (Lanes.FEW_REGISTERS) {
            if (pair) {
                DoubleFlatTiles.tile4x2(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, n);
            } else {
                DoubleFlatTiles.tile4x1(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, n);
            }
        } else if (pair) {
            DoubleTiles.tile8x2(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, n);
        } else {
            DoubleTiles.tile8x1(x, rows, row, runs, runCount, runLength, w, panel, start, n, y, outputs, n);
        }
    }

    /** {@link Tiles#outer8x2} of {@link #HEIGHT} rows, or {@link Tiles#outer8x1} where {@code pair} is false. */
    static void outer(boolean pair, float[] x, int xAt, int xStep, int xRow, float[] dy, int dyAt, int dyStep, int lines, int count, float[] sums,
            int sumsOffset, int sumsRow) {
        if (Lanes.FEW_REGISTERS) {
            if (pair) {
                FlatTiles.outer4x2(x, xAt, xStep, xRow, dy, dyAt, dyStep, lines, count, sums, sumsOffset, sumsRow);
            } else {
                FlatTiles.outer4x1(x, xAt, xStep, xRow, dy, dyAt, dyStep, lines, count, sums, sumsOffset, sumsRow);
            }
        } else if (pair) {
            Tiles.outer8x2(x, xAt, xStep, xRow, dy, dyAt, dyStep, lines, count, sums, sumsOffset, sumsRow);
        } else {
            Tiles.outer8x1(x, xAt, xStep, xRow, dy, dyAt, dyStep, lines, count, sums, sumsOffset, sumsRow);
        }
    }
}
