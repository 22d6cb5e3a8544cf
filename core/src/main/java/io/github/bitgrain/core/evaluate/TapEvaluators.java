package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.tensor.Shape;
import java.util.List;

/** Evaluation of operators that are linear maps along single axes, and of padding. */
final class TapEvaluators {
    private TapEvaluators() {}

    static void pad(Pad op, PlannedNode node) {
        if (op.mode() != Pad.Mode.CONSTANT) {
            along(Taps.of(op, node.in(0).shape()), node);
            return;
        }
        Value x = node.in(0);
        Value y = node.out(0, x.layout());
        ShapeEvaluators.fill(node, y, op.value());
        PadForm form = PadForm.of(op, x, y);
        new StridedCopy(x.buffer(), form.from(), x.strides(), y.buffer(), form.to(), y.strides(), form.dims(), false)
                .emit(node::step, node.kernels());
    }

    /** Applies maps one after the other. */
    static void along(List<Taps> maps, PlannedNode node) {
        Value x = node.in(0);
        if (maps.isEmpty()) {
            node.outView(0, x.layout(), x);
            return;
        }
        if (node.outShape(0).rank() != x.shape().rank()) {
            x = node.in(0, Layout.DENSE);
        }
        Value y = node.out(0, x.layout());
        Buffer from = x.buffer();
        Shape shape = x.shape();
        int[] strides = x.strides();
        for (Taps taps : maps) {
            Shape next = shape.with(taps.axis(), taps.outputs());
            boolean last = taps == maps.getLast();
            Buffer to = last ? y.buffer() : node.scratch(x.layout().size(next));
            // Gathered axes may count as several in the result, which then lies as if they were one.
            int[] toStrides = last && y.shape().equals(next) ? y.strides() : x.layout().strides(next);
            TapForm form = new TapForm(taps, shape, strides, toStrides);
            node.step(form.items(), form.forward(from, to, node.kernels()), from, to);
            from = to;
            shape = next;
            strides = toStrides;
        }
    }
}
