package io.github.bitgrain.kernels;

import static io.github.bitgrain.kernels.Lanes.COUNT;
import static io.github.bitgrain.kernels.Lanes.FLOATS;
import static io.github.bitgrain.kernels.Lanes.roundUp;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Cuts the grid of a {@link Walk} over all images into chunks of whole grid rows and makes the source of a chunk readable
 * without any test for borders: in place where no tap leaves the map, otherwise as a copy with a border of zeros. One
 * object per thread; {@link #start}, then {@link #next} until it returns false.
 */
final class Source {
    /** Most positions of a chunk: enough for long inner loops, few enough that source and result stay in the L2 cache. */
    private static final int CHUNK = 1024;
    /** Floats that a chunk copies, about: a small part of the L2 cache. */
    private static final int COPY_FLOATS = 48 * 1024;
    /** Floats that a tile may read beyond the last channel. */
    private static final int SLACK = 2 * Tiles.HEIGHT;

    /** Rows of so many floats are better copied by the library, one by one. */
    static final int LONG_ROW = 1024;

    /** In place of the distance of planes: the map does not lie in planes. */
    static final int NO_PLANES = 0;

    private final Scratch.Floats copy = new Scratch.Floats();
    private final Scratch.Doubles wideCopy = new Scratch.Doubles();
    private final Scratch.Ints rowTable = new Scratch.Ints();
    private Walk walk;
    private float[] given;
    private int[] givenIntegers;
    private boolean isWide;
    private int givenOffset;
    private int givenStride;
    private int planeStride;
    private int channels;
    private int copyStride;
    private boolean inPlace;
    private int gridRows;
    private int nextRow;
    private int chunk;

    /** What the kernels read: source array, and for each position of the chunk where its window starts there. */
    float[] x;
    int[] rows;
    /** What double precision kernels read in place of x. */
    double[] wide;
    /** Positions of the chunk, and the number of positions before it. */
    int count;
    int first;
    /** From one pixel and one pixel row to the next. */
    int pixelStep;
    int rowStep;
    /** What {@link #block} found: lines of positions, from one position to the next and from one line to the next. */
    int lines;
    int lineLength;
    int positionStep;
    int lineStep;

    /**
     * @param x the maps; {@code offset} includes the first channel
     * @param copyStride floats per pixel of a copy
     * @param slack whether kernels read up to {@link Tiles#HEIGHT} floats beyond the channels
     */
    void start(Walk walk, int batch, float[] x, int offset, int stride, int channels, int copyStride, boolean slack) {
        take(walk, x, null, offset, channels, copyStride);
        givenStride = stride;
        int last = offset + (batch * walk.sourceH * walk.sourceW - 1) * stride;
        inPlace = walk.readsInPlace() && (!slack || last + Math.max(roundUp(channels), channels + SLACK) <= x.length);
        begin(batch, inPlace ? CHUNK : COPY_FLOATS / (copyStride * walk.stepX * walk.stepY));
    }

    /** Starts with maps in NCHW, which are always copied. */
    void startPlanes(Walk walk, int batch, float[] x, int offset, int stride, int channels) {
        take(walk, x, null, offset, channels, channels);
        planeStride = stride;
        begin(batch, COPY_FLOATS / (channels * walk.stepX * walk.stepY));
    }

    private void take(Walk of, float[] x, int[] integers, int offset, int count, int stride) {
        walk = of;
        given = x;
        givenIntegers = integers;
        givenOffset = offset;
        channels = count;
        copyStride = stride;
        planeStride = NO_PLANES;
        inPlace = false;
    }

    private void begin(int batch, int positions) {
        chunk = Math.clamp(positions, 1, CHUNK);
        gridRows = batch * walk.rows;
        nextRow = 0;
        pixelStep = inPlace ? givenStride : copyStride;
        rowStep = pixelStep * (inPlace ? walk.sourceW : walk.borderedW());
    }

    /**
     * Starts with maps of whole numbers without gaps, which are always copied: to floats, or to doubles where {@code asDoubles}.
     *
     * @param copyStride numbers per pixel of a copy
     * @param results results per position, which share the cache with the copy
     */
    void startIntegers(Walk walk, int batch, int[] x, int offset, int channels, int copyStride, int results, boolean asDoubles) {
        take(walk, null, x, offset, channels, copyStride);
        isWide = asDoubles;
        begin(batch, (asDoubles ? COPY_FLOATS / 2 : COPY_FLOATS) / (copyStride * walk.stepX * walk.stepY + results / 2));
    }

    /**
     * Describes positions of the chunk from {@code from}, the start of a block, on as lines: as many whole ones as {@code most} positions
     * allow, at least one. Where the map is read in place with step 1 the chunk is a single line, which is cut.
     */
    void block(int from, int most) {
        positionStep = walk.stepX * pixelStep;
        lineStep = 0;
        lines = 1;
        if (inPlace && walk.stepX == 1 && walk.stepY == 1 && walk.columns == walk.sourceW && walk.rows == walk.sourceH) {
            lineLength = Math.min(most, count - from);
            return;
        }
        lineLength = walk.columns;
        int last = from;
        while ((lines + 1) * lineLength <= Math.min(most, count - from)) {
            int step = rows[last + lineLength] - rows[last];
            if (lines > 1 && step != lineStep) {
                break;
            }
            lineStep = step;
            lines++;
            last += lineLength;
        }
    }

    boolean next() {
        if (nextRow >= gridRows) {
            return false;
        }
        int rowsHere = Math.min(gridRows - nextRow, Math.max(1, chunk / walk.columns));
        first = nextRow * walk.columns;
        count = rowsHere * walk.columns;
        rows = rowTable.atLeast(Math.max(count, Tiles.HEIGHT));
        if (inPlace) {
            x = given;
            for (int i = 0; i < rowsHere; i++) {
                int n = (nextRow + i) / walk.rows;
                int j = (nextRow + i) % walk.rows;
                int pixel = (n * walk.sourceH + j * walk.stepY + walk.tapsY[0]) * walk.sourceW + walk.tapsX[0];
                fillTable(rows, i * walk.columns, walk.columns, givenOffset + pixel * givenStride, walk.stepX * givenStride);
            }
        } else {
            copyBands(rowsHere);
        }
        nextRow += rowsHere;
        for (int i = count; i < Tiles.HEIGHT; i++) {
            rows[i] = rows[0];
        }
        return true;
    }

    private void copyBands(int rowsHere) {
        int reach = walk.tapsY[walk.countY - 1] - walk.tapsY[0] + 1;
        int images = rowsHere / walk.rows + 2;
        int sourceRows = rowsHere * walk.stepY + images * Math.max(reach, walk.stepY);
        if (givenIntegers != null && isWide) {
            wide = wideCopy.atLeast(sourceRows * rowStep + COUNT + SLACK);
        } else {
            x = copy.atLeast(sourceRows * rowStep + COUNT + SLACK);
        }
        int to = 0;
        int done = 0;
        while (done < rowsHere) {
            int n = (nextRow + done) / walk.rows;
            int j = (nextRow + done) % walk.rows;
            int band = Math.min(rowsHere - done, walk.rows - j);
            int top = j * walk.stepY + walk.tapsY[0];
            int height = (band - 1) * walk.stepY + reach;
            for (int i = 0; i < height; i++) {
                copyRow(n, top + i, to + i * rowStep);
            }
            for (int i = 0; i < band; i++) {
                fillTable(rows, (done + i) * walk.columns, walk.columns,
                        to + i * walk.stepY * rowStep + (walk.left + walk.tapsX[0]) * pixelStep, walk.stepX * pixelStep);
            }
            to += height * rowStep;
            done += band;
        }
    }

    private void copyRow(int n, int row, int to) {
        if (givenIntegers != null) {
            copyIntegers(n, row, to);
            return;
        }
        if (row < 0 || row >= walk.sourceH) {
            Arrays.fill(x, to, to + rowStep, 0f);
            return;
        }
        int start = to + walk.left * copyStride;
        if (planeStride != NO_PLANES) {
            for (int c = 0; c < channels; c++) {
                spread(given, givenOffset + (n * channels + c) * planeStride + row * walk.sourceW, x, start + c, copyStride, walk.sourceW);
            }
        } else {
            copyPixels(given, givenOffset + (n * walk.sourceH + row) * walk.sourceW * givenStride, givenStride, x, start, copyStride,
                    walk.sourceW, channels);
        }
        int end = start + walk.sourceW * copyStride;
        Arrays.fill(x, to, start, 0f);
        Arrays.fill(x, end, to + rowStep, 0f);
    }

    private void copyIntegers(int n, int row, int to) {
        boolean inside = row >= 0 && row < walk.sourceH;
        int start = inside ? to + walk.left * copyStride : to;
        int end = inside ? start + walk.sourceW * copyStride : to;
        int from = inside ? givenOffset + (n * walk.sourceH + row) * walk.sourceW * channels : 0;
        if (isWide) {
            Arrays.fill(wide, to, start, 0.0);
            Arrays.fill(wide, end, to + rowStep, 0.0);
        } else {
            Arrays.fill(x, to, start, 0f);
            Arrays.fill(x, end, to + rowStep, 0f);
        }
        // Pixels that adjoin in both are one long pixel.
        boolean adjoin = copyStride == channels;
        int length = adjoin ? walk.sourceW * channels : channels;
        int count = !inside ? 0 : adjoin ? 1 : walk.sourceW;
        for (int i = 0; i < count; i++) {
            if (isWide) {
                convert(givenIntegers, from + i * channels, length, wide, start + i * copyStride);
                Arrays.fill(wide, start + i * copyStride + length, start + (i + 1) * (adjoin ? length : copyStride), 0.0);
            } else {
                convert(givenIntegers, from + i * channels, length, x, start + i * copyStride);
                Arrays.fill(x, start + i * copyStride + length, start + (i + 1) * (adjoin ? length : copyStride), 0f);
            }
        }
    }

    private static void convert(int[] x, int from, int n, float[] y, int to) {
        for (int i = 0; i < n; i++) {
            y[to + i] = x[from + i];
        }
    }

    private static void convert(int[] x, int from, int n, double[] y, int to) {
        for (int i = 0; i < n; i++) {
            y[to + i] = x[from + i];
        }
    }

    private static void spread(float[] x, int from, float[] to, int start, int step, int count) {
        for (int i = 0; i < count; i++) {
            to[start + i * step] = x[from + i];
        }
    }

    /** Where the runs of taps start from the start of a window; one run holds the channels of all taps that adjoin. */
    int runs(int[] runs) {
        return runs(runs, true);
    }

    /** As {@link #runs(int[])}; unless {@code joins}, each tap is a run. */
    int runs(int[] runs, boolean joins) {
        int count = 0;
        boolean joined = joins && pixelStep == channels && walk.columnsAdjoin();
        for (int a = 0; a < walk.countY; a++) {
            for (int b = 0; b < (joined ? 1 : walk.countX); b++) {
                runs[count++] = (walk.tapsY[a] - walk.tapsY[0]) * rowStep + (walk.tapsX[b] - walk.tapsX[0]) * pixelStep;
            }
        }
        return count;
    }

    /**
     * Copies the channels of {@code count} pixels. May write up to one vector beyond the last pixel; with equal strides it
     * copies the gaps too.
     */
    static void copyPixels(float[] x, int from, int stride, float[] to, int start, int toStride, int count, int channels) {
        if (stride == toStride) {
            System.arraycopy(x, from, to, start, (count - 1) * stride + channels);
        } else if (from + (count - 1) * stride + roundUp(channels) <= x.length) {
            copyVectors(x, from, stride, to, start, toStride, count, channels);
        } else {
            for (int i = 0; i < count; i++) {
                System.arraycopy(x, from + i * stride, to, start + i * toStride, channels);
            }
        }
    }

    /** What a vector writes beyond its pixel, the next pixel or the border overwrites. */
    static void copyVectors(float[] x, int from, int stride, float[] to, int start, int toStride, int count, int channels) {
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < channels; c += COUNT) {
                FloatVector.fromArray(FLOATS, x, from + i * stride + c).intoArray(to, start + i * toStride + c);
            }
        }
    }

    static void fillTable(int[] table, int at, int n, int start, int step) {
        for (int i = 0; i < n; i++) {
            table[at + i] = start + i * step;
        }
    }
}
