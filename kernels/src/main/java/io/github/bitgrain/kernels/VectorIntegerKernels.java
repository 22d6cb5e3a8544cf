package io.github.bitgrain.kernels;

/** The integer kernels whose loops the compiler does not turn into vector code by itself. */
final class VectorIntegerKernels extends ScalarIntegerKernels {
    @Override
    public String name() {
        return "vector" + Lanes.FLOATS.vectorBitSize();
    }

    @Override
    public ExactConv exactConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, boolean isDouble) {
        ExactConv conv = isDouble ? new DoubleExactConv(shape, scaling) : new FloatExactConv(shape, scaling);
        conv.pack(weights);
        return conv;
    }

    /** What no floating point holds, for example a bias beyond its accumulator, is left to the reference. */
    @Override
    public ExactConv orderedConv(ConvShape shape, int[] weights, ExactConv.Scaling scaling, Accumulator accumulator, int largestFactor) {
        long largestProduct = (long) largestFactor * largestFactor;
        ExactConv conv;
        if (!starts(scaling.bias(), accumulator)) {
            return super.orderedConv(shape, weights, scaling, accumulator, largestFactor);
        } else if (accumulator.wraps() && DoubleWrappingConv.fits(shape, largestProduct)) {
            conv = new DoubleWrappingConv(shape, scaling, accumulator);
        } else if (!accumulator.wraps() && OrderedPanels.fitFloats(accumulator, largestProduct)) {
            conv = new FloatOrderedConv(shape, scaling, accumulator);
        } else if (!accumulator.wraps() && OrderedPanels.fitDoubles(accumulator, largestProduct)) {
            conv = new DoubleOrderedConv(shape, scaling, accumulator);
        } else {
            return super.orderedConv(shape, weights, scaling, accumulator, largestFactor);
        }
        conv.pack(weights);
        return conv;
    }

    private static boolean starts(long[] bias, Accumulator accumulator) {
        for (long start : bias) {
            if (accumulator.keep(start) != start) {
                return false;
            }
        }
        return true;
    }
}
