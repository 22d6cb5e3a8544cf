package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;

/** The gradient of scales from sums that were kept per image (one scale) or per channel: added in order, so that threads do not change it. */
final class ScaleSums {
    private static final int OPERAND = 1;

    private ScaleSums() {}

    /** Makes the gradient of a channel's operand of its sum. */
    @FunctionalInterface
    interface Scaling {
        double gradient(int channel, double sum);
    }

    /**
     * Emits the step that fills the gradient of operand 1.
     *
     * @param sums filled by steps before
     * @param used buffers that {@code scaling} reads
     */
    static void add(NodeGradient g, double[] sums, int channels, Scaling scaling, Buffer... used) {
        NodeGradient.Sink sink = g.sink(OPERAND);
        Buffer[] buffers = java.util.Arrays.copyOf(used, used.length + 1);
        buffers[used.length] = sink.buffer();
        g.step(1, (from, to) -> {
            for (int channel = 0; channel < channels; channel++) {
                double sum = 0;
                if (channels > 1) {
                    sum = sums[channel];
                } else {
                    for (double item : sums) {
                        sum += item;
                    }
                }
                double gradient = scaling.gradient(channel, sum);
                int into = sink.buffer().offset() + channel;
                sink.buffer().data()[into] = (float) (sink.add() ? sink.buffer().data()[into] + gradient : gradient);
            }
        }, buffers);
    }
}
