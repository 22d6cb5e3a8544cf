package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.kernels.Rounding;

/**
 * A fake quantizer as runs of elements that share a scale.
 *
 * @param x values, dense if there is one scale per channel
 * @param alpha log2 of the scales
 * @param channels number of scales
 * @param outer extent of the axes before the channel axis (of axis 0 for one scale)
 * @param run elements of one run
 * @param qmin smallest integer
 * @param qmax largest integer; in single precision, as the reference has it
 */
public record FakeQuantForm(Value x, Value alpha, int channels, int outer, int run, float qmin, float qmax) {
    /** One run: elements that share a scale. */
    @FunctionalInterface
    public interface Run {
        /** Handles n elements from offset {@code at} inside the value. */
        void accept(int channel, int at, int n);
    }

    /** The form of a node. */
    public static FakeQuantForm of(FakeQuant op, PlannedNode node) {
        float qmax = (float) (Math.scalb(1.0, op.bits() - 1) - 1);
        float qmin = (float) -Math.scalb(1.0, op.bits() - 1);
        Value alpha = node.in(1, Layout.DENSE);
        if (!op.perChannel()) {
            Value x = node.in(0);
            return new FakeQuantForm(x, alpha, 1, x.images(), x.imageSize(), qmin, qmax);
        }
        Value x = node.in(0, Layout.DENSE);
        Shape shape = x.shape();
        int axis = shape.axis(op.axis());
        return new FakeQuantForm(x, alpha, shape.dim(axis), shape.size(0, axis), shape.size(axis + 1, shape.rank()), qmin, qmax);
    }

    /** Independent pieces: channels, or images for one scale. */
    public int items() {
        return channels == 1 ? outer : channels;
    }

    /**
     * Visits the runs of some items in a fixed order.
     *
     * @param gaps whether padding of the layout may be visited too, which makes longer runs
     */
    public void forEachRun(int from, int to, Run body, boolean gaps) {
        if (channels > 1) {
            for (int channel = from; channel < to; channel++) {
                for (int i = 0; i < outer; i++) {
                    body.accept(channel, (i * channels + channel) * run, run);
                }
            }
        } else if (gaps || x.rowLength() == x.rowStride()) {
            body.accept(0, from * run, (to - from) * run);
        } else {
            for (int at = from * run; at < to * run; at += x.rowStride()) {
                body.accept(0, at, x.rowLength());
            }
        }
    }

    /** Exponent of a channel: alpha rounded half to even. */
    public int exponent(int channel) {
        return (int) Rounding.HALF_EVEN.round(alpha.buffer().data()[alpha.buffer().offset() + channel]);
    }
}
