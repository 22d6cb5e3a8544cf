package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;

/**
 * A value as runs of elements that share a scale.
 *
 * @param x values, dense if there is one scale per channel
 * @param channels number of scales
 * @param outer extent of the axes before the channel axis (of axis 0 for one scale)
 * @param run elements of one run
 */
public record ScaleRuns(Value x, int channels, int outer, int run) {
    /** One run: elements that share a scale. */
    @FunctionalInterface
    public interface Run {
        /** Handles n elements from offset {@code at} inside the value. */
        void accept(int channel, int at, int n);
    }

    /** The first operand of a node, with one scale. */
    public static ScaleRuns perTensor(PlannedNode node) {
        Value x = node.in(0);
        return new ScaleRuns(x, 1, x.images(), x.imageSize());
    }

    /** The first operand of a node, with a scale per index of an axis. */
    public static ScaleRuns perChannel(PlannedNode node, int axis) {
        Value x = node.in(0, Layout.DENSE);
        Shape shape = x.shape();
        int at = shape.axis(axis);
        return new ScaleRuns(x, shape.dim(at), shape.size(0, at), shape.size(at + 1, shape.rank()));
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
    public void forEach(int from, int to, Run body, boolean gaps) {
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
}
