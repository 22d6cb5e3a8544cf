package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FakeQuantization;
import java.util.Arrays;
import java.util.List;

/** What operators are in eager PyTorch. */
final class TorchOperators {
    private TorchOperators() {}

    /** A copy of a tensor. */
    static NDArray array(NDManager manager, Tensor tensor) {
        return manager.create(tensor.data(), new Shape(Arrays.stream(tensor.shape().dims()).asLongStream().toArray()));
    }

    /** The same data, as a constant, whose results belong to another manager. */
    static NDArray view(NDArray array, NDManager manager) {
        NDArray view = array.stopGradient();
        view.attach(manager);
        return view;
    }

    /**
     * The results of a node.
     *
     * @param operands its tensor operands in order, parameters included
     */
    static List<NDArray> apply(Node node, List<NDArray> operands) {
        NDArray x = operands.getFirst();
        return switch (node.op()) {
            case Conv conv -> List.of(convolve(conv, x, operands.get(1), operands.size() > 2 ? operands.get(2) : null));
            case Gemm gemm when gemm.equals(new Gemm(1, 1, false, true)) ->
                    List.of(Linear.linear(x, operands.get(1), operands.get(2)).singletonOrThrow());
            case Add add -> List.of(x.add(operands.get(1)));
            case Clip clip -> List.of(x.clip(clip.min(), clip.max()));
            case Flatten flatten -> List.of(x.reshape(x.getShape().get(0), -1));
            case GlobalAveragePool pool -> List.of(x.mean(new int[] {3}, true).mean(new int[] {2}, true));
            case Relu relu -> List.of(Activation.relu(x));
            case Split split -> x.split(cuts(split), split.axis());
            case Swish swish -> List.of(x.mul(Activation.sigmoid(x)));
            default -> throw new IllegalArgumentException(node + " has no counterpart here");
        };
    }

    private static NDArray convolve(Conv conv, NDArray x, NDArray weight, NDArray bias) {
        Pads pads = conv.pads();
        if (pads.top() != pads.bottom() || pads.left() != pads.right()) {
            throw new IllegalArgumentException(pads + " has no counterpart here");
        }
        return Conv2d.conv2d(x, weight, bias, shape(conv.stride()), new Shape(pads.top(), pads.left()), shape(conv.dilation()), conv.groups())
                .singletonOrThrow();
    }

    private static Shape shape(Size size) {
        return new Shape(size.h(), size.w());
    }

    /** Where the parts after the first begin. */
    private static long[] cuts(Split split) {
        long[] cuts = new long[split.sizes().size() - 1];
        long at = 0;
        for (int i = 0; i < cuts.length; i++) {
            at += split.sizes().get(i);
            cuts[i] = at;
        }
        return cuts;
    }

    /** Division, rounding, clamp and product as ESP-PPQ has them on the processor; only the rounding passes gradients on unchanged. */
    static NDArray fakeQuantize(FakeQuant op, NDArray x, NDArray scale) {
        return throughRounding(op, x.div(scale)).clip(FakeQuantization.qmin(op.bits()), FakeQuantization.qmax(op.bits())).mul(scale);
    }

    private static NDArray throughRounding(FakeQuant op, NDArray x) {
        NDArray fixed = x.stopGradient();
        NDArray rounded = switch (op.rounding()) {
            case HALF_EVEN -> fixed.round();
            case HALF_UP -> fixed.add(0.5f).floor();
            default -> throw new IllegalArgumentException(op.rounding() + " has no counterpart here");
        };
        return x.add(rounded.subi(fixed));
    }

    /** 2^round(alpha), whose gradient does not see the rounding. */
    static NDArray scale(NDArray two, NDArray alpha) {
        NDArray fixed = alpha.stopGradient();
        return two.pow(alpha.add(fixed.round().subi(fixed)));
    }

    /** Scales of a quantizer as they multiply a value of some rank. */
    static NDArray along(FakeQuant op, NDArray scale, int rank) {
        if (!op.perChannel()) {
            return scale;
        }
        long[] dims = new long[rank];
        Arrays.fill(dims, 1);
        dims[op.axis()] = -1;
        return scale.reshape(dims);
    }
}
