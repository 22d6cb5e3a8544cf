package io.github.bitgrain.kernels;

/**
 * Sums of whole numbers in floating point, exact while they stay small enough. The input becomes floating point in the copies
 * of a {@link Source}, the sums become integers again chunk by chunk: both while they are in a cache.
 */
abstract class VectorExactConv extends ExactConv {
    /** Channels of a vector, and output channels padded to whole vectors. */
    final int lanes;
    final int padded;
    /** Input channels that one output reads. */
    final int in;
    /** Most output channels of a panel of weights. */
    private final int widest;

    /** @param panelVectors vectors of output channels that share a panel of weights: 1 or 2 */
    VectorExactConv(ConvShape shape, int lanes, int panelVectors) {
        super(shape);
        this.lanes = lanes;
        widest = panelVectors * lanes;
        padded = Math.ceilDiv(shape.outC(), lanes) * lanes;
        in = shape.groupIn();
    }

    /**
     * Where the weights of an output channel start in the order of {@link VectorWeights}; they are {@link #width} apart, tap by tap,
     * input channel by input channel.
     */
    private int first(int n) {
        int panel = n / widest * widest;
        return shape.isDepthwise() ? n : panel * shape.kernelH() * shape.kernelW() * in + n - panel;
    }

    /** Numbers in a line of the panel of an output channel. */
    private int width(int n) {
        int panel = n / widest * widest;
        return shape.isDepthwise() ? padded : Math.min(padded - panel, widest);
    }

    @Override
    public void pack(int[] given) {
        int taps = shape.kernelH() * shape.kernelW();
        int from = 0;
        for (int n = 0; n < shape.outC(); n++) {
            int first = first(n);
            int width = width(n);
            for (int c = 0; c < in; c++) {
                for (int tap = 0; tap < taps; tap++) {
                    setWeight(first + (tap * in + c) * width, given[from++]);
                }
            }
        }
    }

    /** Takes a weight at its place in the panels. */
    abstract void setWeight(int at, int weight);

    @Override
    public final void run(int[] x, int xOffset, int[] y, int yOffset) {
        Scratch scratch = Scratch.ofThread();
        Walk walk = scratch.walk;
        walk.forward(shape);
        if (walk.rows == 0 || walk.columns == 0) {
            return;
        }
        begin(x, xOffset);
        Source source = scratch.gridSource;
        source.startIntegers(walk, shape.batch(), x, xOffset, shape.inC(), shape.isDepthwise() ? padded : shape.inC(), padded, isDouble());
        int[] runs = scratch.runs.atLeast(walk.taps());
        int end = yOffset + shape.batch() * shape.outH() * shape.outW() * shape.outC();
        int runCount = 0;
        int runLength = 0;
        if (shape.isDepthwise()) {
            VectorDepthwise.tapOffsets(walk, source.rowStep, source.pixelStep, runs);
        } else {
            runCount = source.runs(runs, joinsTaps());
            runLength = walk.taps() / runCount * in;
        }
        while (source.next()) {
            if (shape.isDepthwise()) {
                depthwise(scratch, walk, source, runs);
            } else {
                int[] outputs = scratch.outputs.atLeast(Math.max(source.count, Tiles.HEIGHT));
                Source.fillTable(outputs, 0, Math.max(source.count, Tiles.HEIGHT), 0, padded);
                dense(scratch, source, runs, runCount, runLength, outputs);
            }
            finish(scratch, source.count, y, yOffset + source.first * shape.outC(), end);
        }
    }

    abstract boolean isDouble();

    /** Called before the sums of a whole input. */
    void begin(int[] x, int xOffset) {}

    /** Whether taps that adjoin in the source may be one run. */
    boolean joinsTaps() {
        return true;
    }

    /**
     * Sums of a chunk into scratch, {@code padded} for each position. The last tile of rows overlaps the one before it where the height is no
     * multiple: the same values are written twice.
     */
    void dense(Scratch scratch, Source source, int[] runs, int runCount, int runLength, int[] outputs) {
        int step = tileHeight(source.count);
        int height = Math.max(source.count, step);
        reserveResults(scratch, height * padded);
        int k = runCount * runLength;
        int last = height - step;
        if (k * padded <= (isDouble() ? VectorConvolution.RESIDENT_FLOATS / 2 : VectorConvolution.RESIDENT_FLOATS)) {
            for (int row = 0; row < height; row += step) {
                for (int n = 0; n < padded; n += widest) {
                    tile(scratch, source, step, Math.min(row, last), runs, runCount, runLength, n, n * k, outputs);
                }
            }
        } else {
            for (int n = 0; n < padded; n += widest) {
                for (int row = 0; row < height; row += step) {
                    tile(scratch, source, step, Math.min(row, last), runs, runCount, runLength, n, n * k, outputs);
                }
            }
        }
    }

    /** Rows of the tiles of a chunk of {@code count} positions. */
    int tileHeight(int count) {
        return DenseTiles.HEIGHT;
    }

    abstract void reserveResults(Scratch scratch, int count);

    /** Sums of {@code height} positions from row, and of the panel of output channel n, into scratch. */
    abstract void tile(Scratch scratch, Source source, int height, int row, int[] runs, int runCount, int runLength, int n, int panel, int[] outputs);

    /** Sums of a chunk into scratch, {@code padded} for each position. */
    abstract void depthwise(Scratch scratch, Walk walk, Source source, int[] taps);

    /** Turns the sums of a chunk into results, which start at {@code to}; may write on to the end. */
    abstract void finish(Scratch scratch, int count, int[] y, int to, int end);
}
