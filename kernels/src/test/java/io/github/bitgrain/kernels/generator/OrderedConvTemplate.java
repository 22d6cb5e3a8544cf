package io.github.bitgrain.kernels.generator;

/** Convolutions whose sums may saturate, over arrays of one type or the other. */
final class OrderedConvTemplate {
    private static final String CLASS = """
            package io.github.bitgrain.kernels;
            ---
            /**
            float> * Sums in an accumulator of 20 bits, in single precision. A tile whose weights prove nothing is computed as if nothing saturated, with a look
            float> * at the sums now and then; if these have left the middle of the range, it is computed again with a limit after every product.
            double> * {@link FloatOrderedConv} in double precision, of accumulators of up to 48 bits: saturating products of 16-bit numbers, and chunks of products.
             */
            final class $FloatOrderedConv extends $FloatExactConv {
                private final Scaling scaling;
                private final OrderedPanels panels;
                private final $float offset;
                private final $float lowest;
                private final $float highest;
                double>private final int chunk;
            ---
                $FloatOrderedConv(ConvShape shape, Scaling scaling, Accumulator accumulator) {
                    super(shape, scaling, 1);
                    this.scaling = scaling;
                    panels = new OrderedPanels(padded / lanes, lanes, accumulator);
                    long half = accumulator.max() + 1;
                    offset = 3 * half / 2;
                    lowest = offset - half;
                    highest = offset + half - 1;
                    double>chunk = accumulator.chunk();
                }
            ---
                @Override
                public void pack(int[] given) {
                    super.pack(given);
                    panels.pack(given, scaling.bias());
                }
            ---
                @Override
                void begin(int[] x, int xOffset) {
                    panels.measure(x, xOffset, shape.batch() * shape.inH() * shape.inW() * shape.inC());
                }
            ---
                double>/** Chunks end with the channels of a tap. */
                double>@Override
                double>boolean joinsTaps() {
                double>    return chunk == 1;
                double>}
                double>---
                /** Of {@link $DoubleOrderedTiles}. */
                @Override
                int tileHeight(int count) {
                    return Tiles.HEIGHT;
                }
                ---
                @Override
                void dense(Scratch scratch, Source source, int[] runs, int runCount, int runLength, int[] outputs) {
                    panels.cut(scratch, runs, runCount, runLength);
                    super.dense(scratch, source, runs, runCount, runLength, outputs);
                }
            ---
                @Override
                void tile(Scratch scratch, Source source, int height, int row, int[] runs, int runCount, int runLength, int n, int panel, int[] outputs) {
                    $float[] results = scratch.$results.atLeast(0);
                    int block = panels.block(n / lanes);
                    if (block == OrderedPanels.NEVER_LEAVES) {
                        $DoubleTiles.tile8x1(source.$x, source.rows, row, runs, runCount, runLength, weights, panel, start, n, results, outputs, n);
                    } else if (block == OrderedPanels.MAY_ALWAYS_LEAVE || !panels.isWorthATest(n / lanes)) {
                        saturate(source, row, runs, runCount, runLength, n, panel, results, outputs);
                    } else if (!$DoubleOrderedTiles.checked8x1(source.$x, source.rows, row, panels.shortRuns, panels.lengths, panels.shortCount, weights,
                            panel, start, n, offset, results, outputs, n)) {
                        panels.failed(n / lanes);
                        saturate(source, row, runs, runCount, runLength, n, panel, results, outputs);
                    }
                }
            ---
                private void saturate(Source source, int row, int[] runs, int runCount, int runLength, int n, int panel, $float[] results, int[] outputs) {
                    float>OrderedTiles.saturating8x1(source.x, source.rows, row, runs, runCount, runLength, weights, panel, start, n, offset, lowest, highest,
                    float>        results, outputs, n);
                    double>DoubleOrderedTiles.saturating8x1(source.wide, source.rows, row, runs, runCount, runLength, chunk, weights, panel, start, n, offset,
                    double>        lowest, highest, results, outputs, n);
                }
            ---
                @Override
                void depthwise(Scratch scratch, Walk walk, Source source, int[] taps) {
                    $float[] results = scratch.$results.atLeast(source.count * padded);
                    for (int c = 0; c < padded; c += lanes) {
                        boolean proven = panels.block(c / lanes) == OrderedPanels.NEVER_LEAVES;
                        for (int row = 0; row < source.count; row += walk.columns) {
                            if (proven) {
                                depthwise(walk, source, row, c, taps, results);
                            } else {
                                $DoubleOrderedTiles.depthwise(source.$x, source.rows[row] + c, walk.stepX * padded, taps, walk.taps(), weights, c, padded,
                                        start, c, offset, lowest, highest, results, row * padded + c, walk.columns);
                            }
                        }
                    }
                }
            }
            """;

    private OrderedConvTemplate() {}

    static String write(Element element) {
        return new Template(element).write(CLASS);
    }
}
