package io.github.bitgrain.kernels;

/**
 * How a convolution walks over its source: the output position (j, i) of a grid reads the source pixel
 * {@code (j stepY + tapsY[a], i stepX + tapsX[b])} for every pair of taps. The forward pass is one walk over the input. The
 * input gradient is strideH × strideW walks over the output gradient, one for each phase: the input positions that the same
 * kernel taps reach.
 */
final class Walk {
    int[] tapsY = new int[16];
    int[] tapsX = new int[16];
    /** Kernel rows and columns that the taps belong to. */
    int[] kernelY = new int[16];
    int[] kernelX = new int[16];
    int countY;
    int countX;
    int stepY;
    int stepX;
    int sourceH;
    int sourceW;
    /** The grid, and where its positions lie in the result. */
    int rows;
    int columns;
    int outTop;
    int outLeft;
    int outStepY;
    int outStepX;
    int outH;
    int outW;
    /** Rows and columns of zeros that the taps reach around the source. */
    int top;
    int left;
    int bottom;
    int right;

    /** The walk of the forward pass and the weight gradient. */
    void forward(ConvShape s) {
        reserve(s);
        for (int k = 0; k < s.kernelH(); k++) {
            tapsY[k] = k * s.dilationH() - s.padTop();
            kernelY[k] = k;
        }
        for (int k = 0; k < s.kernelW(); k++) {
            tapsX[k] = k * s.dilationW() - s.padLeft();
            kernelX[k] = k;
        }
        countY = s.kernelH();
        countX = s.kernelW();
        stepY = s.strideH();
        stepX = s.strideW();
        sourceH = s.inH();
        sourceW = s.inW();
        rows = s.outH();
        columns = s.outW();
        outTop = 0;
        outLeft = 0;
        outStepY = 1;
        outStepX = 1;
        outH = s.outH();
        outW = s.outW();
        border();
    }

    /** Walks of the input gradient. */
    static int phases(ConvShape s) {
        return s.strideH() * s.strideW();
    }

    /**
     * One walk of the input gradient. Input row {@code i = stride u + r − pad} is reached by kernel row
     * {@code k = (stride v + r) / dilation} from output row u − v.
     */
    void backward(ConvShape s, int phase) {
        reserve(s);
        int residueY = phase / s.strideW();
        int residueX = phase % s.strideW();
        int firstY = Math.ceilDiv(s.padTop() - residueY, s.strideH());
        int firstX = Math.ceilDiv(s.padLeft() - residueX, s.strideW());
        countY = backwardTaps(tapsY, kernelY, s.kernelH(), s.dilationH(), s.strideH(), residueY, firstY);
        countX = backwardTaps(tapsX, kernelX, s.kernelW(), s.dilationW(), s.strideW(), residueX, firstX);
        stepY = 1;
        stepX = 1;
        sourceH = s.outH();
        sourceW = s.outW();
        outTop = s.strideH() * firstY + residueY - s.padTop();
        outLeft = s.strideW() * firstX + residueX - s.padLeft();
        outStepY = s.strideH();
        outStepX = s.strideW();
        outH = s.inH();
        outW = s.inW();
        rows = Math.max(0, Math.ceilDiv(outH - outTop, outStepY));
        columns = Math.max(0, Math.ceilDiv(outW - outLeft, outStepX));
        border();
    }

    /** In descending order of kernel position, so that the source positions ascend. */
    private static int backwardTaps(int[] taps, int[] kernel, int size, int dilation, int stride, int residue, int first) {
        int count = 0;
        for (int k = size - 1; k >= 0; k--) {
            if (k * dilation % stride == residue) {
                taps[count] = first - k * dilation / stride;
                kernel[count] = k;
                count++;
            }
        }
        return count;
    }

    private void reserve(ConvShape s) {
        int largest = Math.max(s.kernelH(), s.kernelW());
        if (tapsY.length < largest) {
            tapsY = new int[largest];
            tapsX = new int[largest];
            kernelY = new int[largest];
            kernelX = new int[largest];
        }
    }

    private void border() {
        if (isEmpty()) {
            top = 0;
            left = 0;
            bottom = 0;
            right = 0;
            return;
        }
        top = Math.max(0, -tapsY[0]);
        left = Math.max(0, -tapsX[0]);
        bottom = Math.max(0, (rows - 1) * stepY + tapsY[countY - 1] - sourceH + 1);
        right = Math.max(0, (columns - 1) * stepX + tapsX[countX - 1] - sourceW + 1);
    }

    /** Whether no product exists: the result is zero (or the bias). */
    boolean isEmpty() {
        return countY == 0 || countX == 0 || rows == 0 || columns == 0;
    }

    int taps() {
        return countY * countX;
    }

    /** Whether the taps of one kernel row are neighbours in the source. */
    boolean columnsAdjoin() {
        return countX == 1 || tapsX[1] - tapsX[0] == 1;
    }

    /** Whether the source can be read where it is, one run of channels per position. */
    boolean readsInPlace() {
        return taps() == 1 && top + left + bottom + right == 0;
    }

    int borderedH() {
        return top + sourceH + bottom;
    }

    int borderedW() {
        return left + sourceW + right;
    }

    int positions() {
        return rows * columns;
    }
}
