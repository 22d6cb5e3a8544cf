package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.kernels.LinearQuantization;
import java.util.ArrayList;
import java.util.List;

/** A {@link LinearQuant} node: its grid per channel, read when a step runs. */
public final class LinearQuantForm {
    private static final String AMAX = "amax";

    private final LinearQuant op;
    private final PlannedNode node;
    private final ScaleRuns runs;
    private final Value first;
    private final Value second;
    private final Buffer dynamic;

    private LinearQuantForm(LinearQuant op, PlannedNode node, Buffer dynamic) {
        this.op = op;
        this.node = node;
        this.dynamic = dynamic;
        runs = op.perChannel() ? ScaleRuns.perChannel(node, op.axis()) : ScaleRuns.perTensor(node);
        first = node.has(1) ? node.in(1, Layout.DENSE) : null;
        second = node.has(2) ? node.in(2, Layout.DENSE) : null;
    }

    /** The form of a node that is being evaluated. */
    public static LinearQuantForm of(LinearQuant op, PlannedNode node) {
        int channels = op.perChannel() ? node.in(0).shape().dim(node.in(0).shape().axis(op.axis())) : 1;
        return new LinearQuantForm(op, node, op.range() == LinearQuant.Range.DYNAMIC ? node.save(AMAX, channels) : null);
    }

    /** The form of a node whose evaluation is planned already. */
    public static LinearQuantForm saved(LinearQuant op, PlannedNode node) {
        return new LinearQuantForm(op, node, node.saved(AMAX));
    }

    /** The runs of the operand. */
    public ScaleRuns runs() {
        return runs;
    }

    /** What steps that ask for the grid read. */
    public Buffer[] operands(Buffer... more) {
        List<Buffer> used = new ArrayList<>(List.of(more));
        used.add(runs.x().buffer());
        used.add(first == null ? null : first.buffer());
        used.add(second == null ? null : second.buffer());
        used.add(dynamic);
        return used.toArray(Buffer[]::new);
    }

    private static float at(Value value, int channel) {
        return value == null ? 0f : value.buffer().data()[value.buffer().offset() + channel];
    }

    /** Largest absolute value that the range of a channel holds. */
    public float amax(int channel) {
        return switch (op.range()) {
            case SCALE -> at(first, channel) * op.qmax();
            case AMAX -> at(first, channel) * op.factor();
            case DYNAMIC -> dynamic.data()[dynamic.offset() + channel] * op.factor();
            case LEARNED -> Math.max(-at(first, 0), at(second, 0));
            case LOG2 -> LinearQuant.amaxOfLog2(at(first, channel));
            case LOG2_POWER -> LinearQuant.powerOfTwoAmax(LinearQuant.amaxOfLog2(at(first, channel)), op.qmax());
        };
    }

    /** Scale of a channel; 0 without range. */
    public float scale(int channel) {
        return op.range() == LinearQuant.Range.SCALE ? at(first, channel) : LinearQuant.scale(amax(channel), op.qmax());
    }

    private float zero(int channel) {
        return op.range() == LinearQuant.Range.SCALE ? at(second, channel) : 0f;
    }

    /** Smallest x whose gradient passes. */
    public float from(int channel) {
        return switch (op.range()) {
            // Half a step beyond the grid still rounds to its end, except that a tie goes to the even integer.
            case SCALE -> edge(op.qmin() - zero(channel), -1) * scale(channel);
            case AMAX, DYNAMIC -> op.qmin() == 0 ? 0f : -amax(channel);
            case LEARNED -> Math.nextUp(at(first, 0));
            case LOG2, LOG2_POWER -> op.qmin() * scale(channel);
        };
    }

    /** Largest x whose gradient passes. */
    public float to(int channel) {
        return switch (op.range()) {
            case SCALE -> edge(op.qmax() - zero(channel), 1) * scale(channel);
            case AMAX, DYNAMIC -> amax(channel);
            case LEARNED -> Math.nextDown(at(second, 0));
            case LOG2, LOG2_POWER -> op.qmax() * scale(channel);
        };
    }

    private static float edge(float q, int direction) {
        float half = q + 0.5f * direction;
        return q % 2 == 0 ? half : Math.nextAfter(half, direction < 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
    }

    /** Emits the steps that make the result. */
    public void evaluate() {
        Value x = runs.x();
        Value y = node.out(0, x.layout());
        if (op.range() == LinearQuant.Range.DYNAMIC) {
            node.step(1, (from, to) -> measure(x), x.buffer(), dynamic);
        }
        node.step(runs.items(), (from, to) -> runs.forEach(from, to, (channel, at, n) -> {
            float scale = scale(channel);
            float zero = zero(channel);
            float low = op.qmin() - zero;
            float high = op.qmax() - zero;
            if (op.refusesNegative()) {
                requirePositive(x, at, n);
            }
            if (op.range() == LinearQuant.Range.LEARNED && LinearQuantization.isGrid(scale)) {
                clip(x, y, at, n);
                LinearQuantization.quantize(n, y.buffer().data(), y.buffer().offset() + at, y.buffer().data(), y.buffer().offset() + at,
                        scale, low, high);
            } else {
                LinearQuantization.quantize(n, x.buffer().data(), x.buffer().offset() + at, y.buffer().data(), y.buffer().offset() + at,
                        scale, low, high);
            }
        }, !op.refusesNegative()), operands(y.buffer()));
    }

    private void clip(Value x, Value y, int at, int n) {
        float low = at(first, 0);
        float high = at(second, 0);
        float[] from = x.buffer().data();
        float[] into = y.buffer().data();
        for (int i = 0; i < n; i++) {
            into[y.buffer().offset() + at + i] = Math.max(Math.min(from[x.buffer().offset() + at + i], high), low);
        }
    }

    private void measure(Value x) {
        float[] amax = dynamic.data();
        java.util.Arrays.fill(amax, dynamic.offset(), dynamic.offset() + runs.channels(), 0f);
        runs.forEach(0, runs.items(), (channel, at, n) -> {
            float[] range = {0f, 0f};
            node.kernels().minMax(n, x.buffer().data(), x.buffer().offset() + at, range);
            amax[dynamic.offset() + channel] = Math.max(amax[dynamic.offset() + channel], Math.max(-range[0], range[1]));
        }, false);
    }

    private void requirePositive(Value x, int at, int n) {
        float[] data = x.buffer().data();
        for (int i = x.buffer().offset() + at; i < x.buffer().offset() + at + n; i++) {
            if (data[i] < 0) {
                throw BitgrainException.badInput(node.node().name() + ": an unsigned quantizer got " + data[i]
                        + "; make it signed, or let it clamp negative values");
            }
        }
    }
}
