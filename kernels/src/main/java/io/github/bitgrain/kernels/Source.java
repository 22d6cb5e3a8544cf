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

    /** The stride that tells of maps in dense NCHW. */
    static final int PLANES = 0;

    private final Scratch.Floats copy = new Scratch.Floats();
    private final Scratch.Ints rowTable = new Scratch.Ints();
    private Walk walk;
    private float[] given;
    private int givenOffset;
    private int givenStride;
    private int channels;
    private int copyStride;
    private boolean inPlace;
    private int gridRows;
    private int nextRow;
    private int chunk;

    /** What the kernels read: source array, and for each position of the chunk where its window starts there. */
    float[] x;
    int[] rows;
    /** Positions of the chunk, and the number of positions before it. */
    int count;
    int first;
    /** From one pixel and one pixel row to the next. */
    int pixelStep;
    int rowStep;

    /**
     * @param x the maps; {@code offset} includes the first channel
     * @param copyStride floats per pixel of a copy
     * @param slack whether kernels read up to {@link Tiles#HEIGHT} floats beyond the channels
     */
    void start(Walk walk, int batch, float[] x, int offset, int stride, int channels, int copyStride, boolean slack) {
        this.walk = walk;
        given = x;
        givenOffset = offset;
        givenStride = stride;
        this.channels = channels;
        this.copyStride = copyStride;
        int last = offset + (batch * walk.sourceH * walk.sourceW - 1) * stride;
        inPlace = stride != PLANES && walk.readsInPlace() && (!slack || last + Math.max(roundUp(channels), channels + SLACK) <= x.length);
        chunk = inPlace ? CHUNK : Math.clamp(COPY_FLOATS / (copyStride * walk.stepX * walk.stepY), 1, CHUNK);
        gridRows = batch * walk.rows;
        nextRow = 0;
        pixelStep = inPlace ? stride : copyStride;
        rowStep = pixelStep * (inPlace ? walk.sourceW : walk.borderedW());
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
        x = copy.atLeast(sourceRows * rowStep + COUNT + SLACK);
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
        if (row < 0 || row >= walk.sourceH) {
            Arrays.fill(x, to, to + rowStep, 0f);
            return;
        }
        int start = to + walk.left * copyStride;
        if (givenStride == PLANES) {
            for (int c = 0; c < channels; c++) {
                spread(given, givenOffset + ((n * channels + c) * walk.sourceH + row) * walk.sourceW, x, start + c, copyStride, walk.sourceW);
            }
        } else {
            copyPixels(given, givenOffset + (n * walk.sourceH + row) * walk.sourceW * givenStride, givenStride, x, start, copyStride,
                    walk.sourceW, channels);
        }
        int end = start + walk.sourceW * copyStride;
        Arrays.fill(x, to, start, 0f);
        Arrays.fill(x, end, to + rowStep, 0f);
    }

    private static void spread(float[] x, int from, float[] to, int start, int step, int count) {
        for (int i = 0; i < count; i++) {
            to[start + i * step] = x[from + i];
        }
    }

    /** Where the runs of taps start from the start of a window; one run holds the channels of all taps that adjoin. */
    int runs(int[] runs) {
        int count = 0;
        boolean joined = pixelStep == channels && walk.columnsAdjoin();
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
    private static void copyVectors(float[] x, int from, int stride, float[] to, int start, int toStride, int count, int channels) {
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
