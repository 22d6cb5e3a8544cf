package io.github.bitgrain.kernels;

import java.util.Arrays;

/**
 * For each vector of output channels of an ordered convolution: what its weights and biases prove about the accumulators, given how
 * far inputs are from 0; and whether proof by looking at the sums is worth another try.
 */
final class OrderedPanels {
    /** A proof for every input. */
    static final int NEVER_LEAVES = Integer.MAX_VALUE;
    /** No proof for any input. */
    static final int MAY_ALWAYS_LEAVE = 0;
    /** Tiles that saturate without a test after one that failed it; a test costs a third of what saturating does. */
    private static final int TILES_WITHOUT_TEST = 7;

    /** Bits of an accumulator in double precision: far from what it holds, and more than any chip has. */
    private static final int MOST_BITS = 48;

    private final int lanes;
    private final long max;
    /** For each panel the largest input with which no sum can leave the range; −1 if a bias alone is too large. */
    private final long[] safeInput;
    private final long[] largestWeight;
    private final boolean[] startsInMiddle;
    private final int[] withoutTest;
    private long largestInput;
    /** The runs of {@link #cut}: where they start, how long they are, how many there are. */
    int[] shortRuns;
    int[] lengths;
    int shortCount;

    OrderedPanels(int panels, int lanes, Accumulator accumulator) {
        this.lanes = lanes;
        max = accumulator.max();
        safeInput = new long[panels];
        largestWeight = new long[panels];
        startsInMiddle = new boolean[panels];
        withoutTest = new int[panels];
    }

    /** Whether every sum, with an offset of 3/4 of the range and one more product, is exact in single precision. */
    static boolean fitFloats(Accumulator accumulator, long largestProduct) {
        return accumulator.chunk() == 1 && 5 * (accumulator.max() + 1) / 2 + largestProduct <= ExactConv.LARGEST_IN_FLOAT;
    }

    /** Whether every sum, with an offset of 3/4 of the range and what is added before the next limit, is exact in double precision. */
    static boolean fitDoubles(Accumulator accumulator, long largestProduct) {
        return accumulator.bits() <= MOST_BITS && largestProduct <= (1L << (MOST_BITS - 1)) / accumulator.chunk();
    }

    void pack(int[] weights, long[] bias) {
        int length = weights.length / bias.length;
        Arrays.fill(safeInput, Long.MAX_VALUE);
        Arrays.fill(largestWeight, 0);
        Arrays.fill(startsInMiddle, true);
        Arrays.fill(withoutTest, 0);
        for (int n = 0; n < bias.length; n++) {
            long norm = 0;
            long largest = 0;
            for (int i = n * length; i < (n + 1) * length; i++) {
                int weight = Math.abs(weights[i]);
                norm += weight;
                largest = Math.max(largest, weight);
            }
            int panel = n / lanes;
            long room = max - Math.abs(bias[n]);
            safeInput[panel] = Math.min(safeInput[panel], room < 0 ? -1 : norm == 0 ? Long.MAX_VALUE : room / norm);
            largestWeight[panel] = Math.max(largestWeight[panel], largest);
            startsInMiddle[panel] &= Math.abs(bias[n]) < (max + 1) / 2;
        }
    }

    /** Looks how far inputs are from 0. */
    void measure(int[] x, int from, int count) {
        largestInput = largest(x, from, count);
    }

    private static int largest(int[] x, int from, int count) {
        int largest = 0;
        for (int i = from; i < from + count; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        return largest;
    }

    /** Cuts runs so that a look at the sums before each is often enough for every panel. */
    void cut(Scratch scratch, int[] runs, int runCount, int runLength) {
        int block = Math.min(smallestBlock(), runLength);
        int cuts = Math.ceilDiv(runLength, block);
        shortCount = runCount * cuts;
        shortRuns = scratch.shortRuns.atLeast(shortCount);
        lengths = scratch.lengths.atLeast(shortCount);
        for (int i = 0; i < shortCount; i++) {
            int from = i % cuts * block;
            shortRuns[i] = runs[i / cuts] + from;
            lengths[i] = Math.min(block, runLength - from);
        }
    }

    /** The fewest {@link #block} products of panels that need a look at their sums. */
    private int smallestBlock() {
        int smallest = NEVER_LEAVES;
        for (int panel = 0; panel < withoutTest.length; panel++) {
            int block = block(panel);
            smallest = block == MAY_ALWAYS_LEAVE ? smallest : Math.min(smallest, block);
        }
        return smallest;
    }

    /** Products that together move a sum of a panel by no more than a quarter of the range, or one of the constants. */
    int block(int panel) {
        if (largestInput <= safeInput[panel]) {
            return NEVER_LEAVES;
        }
        if (!startsInMiddle[panel]) {
            return MAY_ALWAYS_LEAVE;
        }
        return (int) Math.min((max + 1) / 2 / (largestInput * largestWeight[panel]), NEVER_LEAVES - 1);
    }

    /** Whether to look at the sums of the next tile of a panel, or to saturate at once. */
    boolean isWorthATest(int panel) {
        if (withoutTest[panel] > 0) {
            withoutTest[panel]--;
            return false;
        }
        return true;
    }

    void failed(int panel) {
        withoutTest[panel] = TILES_WITHOUT_TEST;
    }
}
