package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.Rounding;

/**
 * A fake quantizer as runs of elements that share a scale.
 *
 * @param runs the runs of its operand
 * @param alpha log2 of the scales
 * @param qmin smallest integer
 * @param qmax largest integer; in single precision, as the reference has it
 */
public record FakeQuantForm(ScaleRuns runs, Value alpha, float qmin, float qmax) {
    /** The form of a node. */
    public static FakeQuantForm of(FakeQuant op, PlannedNode node) {
        ScaleRuns runs = op.perChannel() ? ScaleRuns.perChannel(node, op.axis()) : ScaleRuns.perTensor(node);
        return new FakeQuantForm(runs, node.in(1, Layout.DENSE), FakeQuantization.qmin(op.bits()), FakeQuantization.qmax(op.bits()));
    }

    /** Values. */
    public Value x() {
        return runs.x();
    }

    /** Number of scales. */
    public int channels() {
        return runs.channels();
    }

    /** Independent pieces: channels, or images for one scale. */
    public int items() {
        return runs.items();
    }

    /** As {@link ScaleRuns#forEach}. */
    public void forEachRun(int from, int to, ScaleRuns.Run body, boolean gaps) {
        runs.forEach(from, to, body, gaps);
    }

    /** Exponent of a channel: alpha rounded half to even. */
    public int exponent(int channel) {
        return exponent(alpha, channel);
    }

    static int exponent(Value alpha, int channel) {
        return (int) Rounding.HALF_EVEN.round(alpha.buffer().data()[alpha.buffer().offset() + channel]);
    }
}
