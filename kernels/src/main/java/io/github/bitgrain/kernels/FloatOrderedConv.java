// Written by TileGenerator, which is to be changed in its place.
package io.github.bitgrain.kernels;

/**
 * Sums in an accumulator of 20 bits, in single precision. A tile whose weights prove nothing is computed as if nothing saturated, with a look
 * at the sums now and then; if these have left the middle of the range, it is computed again with a limit after every product.
 */
final class FloatOrderedConv extends FloatExactConv {
    private final Scaling scaling;
    private final OrderedPanels panels;
    private final float offset;
    private final float lowest;
    private final float highest;

    FloatOrderedConv(ConvShape shape, Scaling scaling, Accumulator accumulator) {
        super(shape, scaling, 1);
        this.scaling = scaling;
        panels = new OrderedPanels(padded / lanes, lanes, accumulator);
        long half = accumulator.max() + 1;
        offset = 3 * half / 2;
        lowest = offset - half;
        highest = offset + half - 1;
    }

    @Override
    public void pack(int[] given) {
        super.pack(given);
        panels.pack(given, scaling.bias());
    }

    @Override
    void begin(int[] x, int xOffset) {
        panels.measure(x, xOffset, shape.batch() * shape.inH() * shape.inW() * shape.inC());
    }

    /** Of {@link OrderedTiles}. */
    @Override
    int tileHeight(int count) {
        return Tiles.HEIGHT;
    }

    @Override
    void dense(Scratch scratch, Source source, int[] runs, int runCount, int runLength, int[] outputs) {
        panels.cut(scratch, runs, runCount, runLength);
        super.dense(scratch, source, runs, runCount, runLength, outputs);
    }

    @Override
    void tile(Scratch scratch, Source source, int height, int row, int[] runs, int runCount, int runLength, int n, int panel, int[] outputs) {
        float[] results = scratch.results.atLeast(0);
        int block = panels.block(n / lanes);
        if (block == OrderedPanels.NEVER_LEAVES) {
            Tiles.tile8x1(source.x, source.rows, row, runs, runCount, runLength, weights, panel, start, n, results, outputs, n);
        } else if (block == OrderedPanels.MAY_ALWAYS_LEAVE || !panels.isWorthATest(n / lanes)) {
            saturate(source, row, runs, runCount, runLength, n, panel, results, outputs);
        } else if (!OrderedTiles.checked8x1(source.x, source.rows, row, panels.shortRuns, panels.lengths, panels.shortCount, weights,
                panel, start, n, offset, results, outputs, n)) {
            panels.failed(n / lanes);
            saturate(source, row, runs, runCount, runLength, n, panel, results, outputs);
        }
    }

    private void saturate(Source source, int row, int[] runs, int runCount, int runLength, int n, int panel, float[] results, int[] outputs) {
        OrderedTiles.saturating8x1(source.x, source.rows, row, runs, runCount, runLength, weights, panel, start, n, offset, lowest, highest,
                results, outputs, n);
    }

    @Override
    void depthwise(Scratch scratch, Walk walk, Source source, int[] taps) {
        float[] results = scratch.results.atLeast(source.count * padded);
        for (int c = 0; c < padded; c += lanes) {
            boolean proven = panels.block(c / lanes) == OrderedPanels.NEVER_LEAVES;
            for (int row = 0; row < source.count; row += walk.columns) {
                if (proven) {
                    depthwise(walk, source, row, c, taps, results);
                } else {
                    OrderedTiles.depthwise(source.x, source.rows[row] + c, walk.stepX * padded, taps, walk.taps(), weights, c, padded,
                            start, c, offset, lowest, highest, results, row * padded + c, walk.columns);
                }
            }
        }
    }
}
