package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.kernels.ConvShape;
import io.github.bitgrain.kernels.Requantize;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.lowering.FilterLayout;
import java.util.Set;

/**
 * Watches the accumulators of one Conv, Gemm or MatMul: sums up every output again in the chip's order of operations
 * (chip-arithmetic.md §2.3), all channels of a pixel side by side, and keeps how far each channel's accumulator went and how
 * often an addition left its range. It stands beside the kernels, which take short cuts where nothing can leave it.
 */
public final class LaneProbe {
    private static final Set<String> TYPES = Set.of("Conv", "Gemm", "MatMul");

    private final NodeSetup node;
    private final Filter filter;
    private final boolean depthwise;
    private final int largestInput;
    private final boolean limited;
    private int outputs;
    private int firstTail;
    private int[] tapWeights;
    private long[] bias;
    private long[] sums;
    private long[] peaks;
    private long[] saturated;
    private long additions;

    /** Whether a node has such accumulators. */
    public static boolean watches(ChipNode node) {
        return TYPES.contains(node.opType());
    }

    /**
     * A probe of a node that {@link #watches} accepts.
     *
     * @param limited whether sums saturate, or wrap, as on the chip; else they go on, and peaks tell how wide an accumulator would have to be
     */
    public LaneProbe(ChipNode node, ChipProgram program, Target target, boolean limited) {
        this.node = new NodeSetup(node, program, target);
        this.limited = limited;
        largestInput = 1 << (this.node.inputType(0).bytes() * Byte.SIZE - 1);
        if (node.opType().equals("MatMul")) {
            filter = null;
            depthwise = false;
            ChipTensor right = this.node.parameter(1);
            size((right != null ? right.dims() : program.value(node.inputs().get(1)).shape()).getLast());
        } else {
            filter = Filter.of(this.node);
            depthwise = filter.depthwise();
            size(filter.outputs());
            bias = filter.bias();
            tapWeights = byTap(filter.weights(), filter.inputs(), filter.kernelH() * filter.kernelW());
        }
    }

    private void size(int channels) {
        if (outputs == channels) {
            return;
        }
        outputs = channels;
        boolean allInLanes = !node.hasVectorUnit() || depthwise;
        firstTail = allInLanes ? channels : channels - channels % node.lanes();
        bias = new long[channels];
        sums = new long[channels];
        peaks = new long[channels];
        saturated = new long[channels];
    }

    /** Bits of the accumulator of a channel. */
    public int width(int channel) {
        return channel >= firstTail ? Target.SCALAR_ACCUMULATOR_BITS : node.target().laneBits(node.bits());
    }

    /** Farthest that each channel's accumulator went: the largest v, or −1 − v for negative v, as it was before it was saturated. */
    public long[] peaks() {
        return peaks.clone();
    }

    /** How many sums of each channel were beyond the range of its accumulator. */
    public long[] saturated() {
        return saturated.clone();
    }

    /** Additions to the accumulator of one channel so far: products in lanes, dot products behind the last full vector. */
    public long additions() {
        return additions;
    }

    /**
     * {@code Σ|w| · max|x| + |bias|}: farther than that no input can drive the accumulator of a channel.
     *
     * @return one bound per channel, or one for all channels of a MatMul whose right operand is a value
     */
    public long[] bound() {
        if (filter != null) {
            long[] bounds = new long[outputs];
            for (int n = 0; n < outputs; n++) {
                bounds[n] = filter.weightNorm(n) * largestInput + Math.abs(bias[n]);
            }
            return bounds;
        }
        ChipTensor right = node.parameter(1);
        if (right == null) {
            long inner = node.program().value(node.node().inputs().get(1)).shape().reversed().get(1);
            return new long[] {inner * largestInput * largestInput};
        }
        int[] weights = layout(outputs, right.count() / outputs).unpack(right.ints());
        long[] bounds = new long[outputs];
        for (int i = 0; i < weights.length; i++) {
            bounds[i / (weights.length / outputs)] += (long) Math.abs(weights[i]) * largestInput;
        }
        return bounds;
    }

    private FilterLayout layout(int columns, int inner) {
        return new FilterLayout(columns, inner, 1, false, node.hasVectorUnit() ? node.lanes() : FilterLayout.PLAIN);
    }

    /** Sums up a run of the node again. */
    public void observe(ChipBuffer[] inputs) {
        if (filter == null) {
            matMul(inputs[0], inputs[1]);
            return;
        }
        ConvShape s = Window.shapeOf(node, inputs[0], filter);
        for (int image = 0; image < s.batch(); image++) {
            for (int oy = 0; oy < s.outH(); oy++) {
                for (int ox = 0; ox < s.outW(); ox++) {
                    System.arraycopy(bias, 0, sums, 0, outputs);
                    window(s, inputs[0].ints(), image, oy, ox);
                }
            }
        }
    }

    private void window(ConvShape s, int[] x, int image, int oy, int ox) {
        for (int ky = 0; ky < s.kernelH(); ky++) {
            int iy = oy * s.strideH() - s.padTop() + ky * s.dilationH();
            for (int kx = 0; kx < s.kernelW(); kx++) {
                int ix = ox * s.strideW() - s.padLeft() + kx * s.dilationW();
                if (iy >= 0 && iy < s.inH() && ix >= 0 && ix < s.inW()) {
                    int from = ((image * s.inH() + iy) * s.inW() + ix) * s.inStride();
                    int tap = ky * s.kernelW() + kx;
                    if (depthwise) {
                        addDepthwise(x, from, tap * outputs);
                    } else {
                        addDense(x, from, tap * s.groupIn() * outputs, s.groupIn());
                    }
                }
            }
        }
    }

    private void matMul(ChipBuffer a, ChipBuffer b) {
        int inner = a.dim(-1);
        int columns = b.dim(-1);
        int rows = a.rank() == 1 ? 1 : a.dim(-2);
        size(columns);
        int matrices = Math.max(a.count() / (rows * inner), b.count() / (inner * columns));
        int[] stored = new int[inner * columns];
        for (int m = 0; m < matrices; m++) {
            System.arraycopy(b.ints(), b.count() == stored.length ? 0 : m * stored.length, stored, 0, stored.length);
            tapWeights = byTap(layout(columns, inner).unpack(stored), inner, 1);
            for (int row = 0; row < rows; row++) {
                System.arraycopy(bias, 0, sums, 0, outputs);
                addDense(a.ints(), (a.count() == rows * inner ? 0 : m * rows * inner) + row * inner, 0, inner);
            }
        }
    }

    private void addDepthwise(int[] x, int from, int weights) {
        int width = width(0);
        for (int n = 0; n < outputs; n++) {
            add(n, (long) x[from + n] * tapWeights[weights + n], width);
        }
        additions++;
    }

    private void addDense(int[] x, int from, int weights, int inputs) {
        int width = width(0);
        int step = node.lanes();
        for (int c = 0; c < inputs; c++) {
            long value = x[from + c];
            int row = weights + c * outputs;
            for (int n = 0; n < firstTail; n++) {
                add(n, value * tapWeights[row + n], width);
            }
        }
        for (int n = firstTail; n < outputs; n++) {
            for (int c = 0; c < inputs; c += step) {
                long chunk = 0;
                for (int i = c; i < Math.min(c + step, inputs); i++) {
                    chunk += (long) x[from + i] * tapWeights[weights + i * outputs + n];
                }
                add(n, chunk, Target.SCALAR_ACCUMULATOR_BITS);
            }
        }
        additions += firstTail > 0 ? inputs : Math.ceilDiv(inputs, step);
    }

    private void add(int n, long value, int width) {
        long exact = sums[n] + value;
        peaks[n] = Math.max(peaks[n], exact ^ exact >> Long.SIZE - 1);
        // C wraps, the vector units saturate.
        long held = width == Long.SIZE ? exact : node.target() == Target.C && width == Integer.SIZE
                ? (int) exact : Requantize.saturate(exact, width);
        saturated[n] += held == exact ? 0 : 1;
        sums[n] = limited ? held : exact;
    }

    /** Weights [n][c][tap] in the order [tap][c][n]. */
    private int[] byTap(int[] weights, int inputs, int taps) {
        int[] turned = new int[weights.length];
        for (int n = 0; n < outputs; n++) {
            for (int c = 0; c < inputs; c++) {
                for (int t = 0; t < taps; t++) {
                    turned[(t * inputs + c) * outputs + n] = weights[(n * inputs + c) * taps + t];
                }
            }
        }
        return turned;
    }
}
