package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.kernels.BinaryFunction;
import io.github.bitgrain.kernels.ExactConv;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.kernels.PoolShape;
import io.github.bitgrain.simulator.ChipBuffer;
import java.util.Arrays;

/** Pooling (chip-arithmetic.md §3.6, §3.7). */
final class Pooling {
    private Pooling() {}

    static ChipKernel max(NodeSetup node) {
        return new Pool(node, node.ints("kernel_shape"), true);
    }

    static ChipKernel average(NodeSetup node) {
        return new Pool(node, node.ints("kernel_shape"), false);
    }

    static ChipKernel globalAverage(NodeSetup node) {
        return new Pool(node, null, false);
    }

    private record Pool(NodeSetup node, int[] kernel, boolean isMax) implements ChipKernel {
        @Override
        public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
            ChipBuffer x = inputs[0];
            boolean flat = x.rank() == 3;
            if (x.rank() < 3 || x.rank() > 4) {
                throw node.fail("input has shape " + Arrays.toString(x.shape()) + "; 1-D and 2-D pooling exists");
            }
            int inH = flat ? 1 : x.dim(1);
            int inW = x.dim(-2);
            int kernelH = kernel == null ? inH : flat ? 1 : kernel[0];
            int kernelW = kernel == null ? inW : kernel[kernel.length - 1];
            Window window = kernel == null ? new Window(1, 1, 1, 1, 0, 0, 0, 0) : Window.of(node, x.rank());
            int outH = Window.extent(node, inH, window.padTop() + window.padBottom(), 1, kernelH, window.strideH());
            int outW = Window.extent(node, inW, window.padLeft() + window.padRight(), 1, kernelW, window.strideW());
            int channels = x.dim(-1);
            int[] shape = flat ? new int[] {x.dim(0), outW, channels} : new int[] {x.dim(0), outH, outW, channels};
            long area = (long) kernelH * kernelW;
            if (x.hasWholes() && (isMax || area << x.bits() - 1 <= ExactConv.LARGEST_IN_FLOAT)) {
                ChipBuffer y = outputs[0];
                y.reshapeWholes(shape);
                PoolShape pool = new PoolShape(x.dim(0), inH, inW, channels, x.wholeStride(), outH, outW, y.wholeStride(), kernelH, kernelW,
                        window.strideH(), window.strideW(), 1, 1, window.padTop(), window.padLeft(), 0, 0, false);
                if (isMax) {
                    Kernels.floats().maxPool(pool, x.wholes(), x.wholesOffset(), y.wholes(), y.wholesOffset());
                } else if (kernel == null) {
                    sumWhole(x, inH * inW, y);
                    average(y, area);
                } else {
                    Kernels.floats().sumPool(pool, x.wholes(), x.wholesOffset(), y.wholes(), y.wholesOffset());
                    average(y, area);
                }
                return;
            }
            outputs[0].reshape(shape);
            if (x.isFloat()) {
                averageFloats(x, outputs[0], inH, inW, outH, outW, kernelH, kernelW, window);
                return;
            }
            float scale = isMax ? 0f : scale(area);
            int[] window1 = new int[channels];
            int to = 0;
            for (int n = 0; n < x.dim(0); n++) {
                for (int oy = 0; oy < outH; oy++) {
                    for (int ox = 0; ox < outW; ox++) {
                        collect(x, n, inH, inW, oy * window.strideH() - window.padTop(), ox * window.strideW() - window.padLeft(),
                                kernelH, kernelW, window1);
                        for (int c = 0; c < channels; c++) {
                            outputs[0].ints()[to++] = isMax ? window1[c]
                                    : ChipArithmetic.quantize(window1[c] * scale, node.bits(), node.target());
                        }
                    }
                }
            }
        }

        /** Sums of whole maps, pixel after pixel as they lie in memory. */
        private static void sumWhole(ChipBuffer x, int area, ChipBuffer y) {
            int stride = x.wholeStride();
            // Whole vectors: gaps are summed too.
            int sums = x.isApart() && y.isApart() ? stride : x.dim(-1);
            for (int n = 0; n < x.dim(0); n++) {
                int to = y.wholesOffset() + n * y.wholeStride();
                Arrays.fill(y.wholes(), to, to + sums, 0f);
                for (int pixel = 0; pixel < area; pixel++) {
                    Kernels.floats().addScaled(sums, 1f, x.wholes(), x.wholesOffset() + (n * area + pixel) * stride, y.wholes(), to);
                }
            }
        }

        /** Makes averages of sums, in place: {@link ChipArithmetic#quantize} of the product with the scale, which is rounded to a float before. */
        private void average(ChipBuffer y, long area) {
            float[] scale = {scale(area)};
            WholeRuns.map(y, y, (n, sums, from, averages, to) -> {
                Kernels.floats().binary(BinaryFunction.MULTIPLY, n, sums, from, 1, scale, 0, 0, averages, to);
                Kernels.floats().fakeQuantize(n, averages, to, averages, to, 0, FakeQuantization.qmin(node.bits()), FakeQuantization.qmax(node.bits()),
                        node.target().rounding());
            });
        }

        /** Only averages have a kernel for floats. */
        private void averageFloats(
                ChipBuffer x, ChipBuffer y, int inH, int inW, int outH, int outW, int kernelH, int kernelW, Window window) {
            if (isMax) {
                throw node.fail("the chip has no float kernel for this operator and leaves its output unwritten; quantize it");
            }
            int channels = x.dim(-1);
            float inverse = 1f / (kernelH * kernelW);
            for (int to = 0; to < y.count(); to++) {
                int pixel = to / channels;
                int left = pixel % outW * window.strideW() - window.padLeft();
                int top = pixel / outW % outH * window.strideH() - window.padTop();
                int image = pixel / outW / outH * inH;
                float sum = 0f;
                for (int iy = Math.max(top, 0); iy < Math.min(top + kernelH, inH); iy++) {
                    for (int ix = Math.max(left, 0); ix < Math.min(left + kernelW, inW); ix++) {
                        sum += x.floats()[((image + iy) * inW + ix) * channels + to % channels];
                    }
                }
                y.floats()[to] = sum * inverse;
            }
        }

        /** The area is the whole kernel's, whatever lies in the padding, and divides by multiplication. */
        private float scale(long area) {
            return ChipArithmetic.scale(node.inputExponent(0)) * (1f / area) * ChipArithmetic.rescale(node.outputExponent(0));
        }

        private void collect(ChipBuffer x, int n, int inH, int inW, int top, int left, int kernelH, int kernelW, int[] result) {
            int channels = result.length;
            Arrays.fill(result, isMax ? Integer.MIN_VALUE : 0);
            int[] values = x.ints();
            for (int iy = Math.max(top, 0); iy < Math.min(top + kernelH, inH); iy++) {
                for (int ix = Math.max(left, 0); ix < Math.min(left + kernelW, inW); ix++) {
                    int from = ((n * inH + iy) * inW + ix) * channels;
                    if (isMax) {
                        for (int c = 0; c < channels; c++) {
                            result[c] = Math.max(result[c], values[from + c]);
                        }
                    } else {
                        for (int c = 0; c < channels; c++) {
                            result[c] += values[from + c];
                        }
                    }
                }
            }
        }
    }
}
