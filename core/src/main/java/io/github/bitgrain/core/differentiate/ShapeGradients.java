package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.evaluate.EmbeddingForm;
import io.github.bitgrain.core.evaluate.PadForm;
import io.github.bitgrain.core.evaluate.TapForm;
import io.github.bitgrain.core.evaluate.Taps;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.plan.BlockView;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.NodeGradient;
import io.github.bitgrain.core.plan.StridedCopy;
import io.github.bitgrain.core.plan.Value;
import io.github.bitgrain.core.plan.View;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gradients of operators that move elements: the same moves, backwards. */
final class ShapeGradients {
    private ShapeGradients() {}

    static void changeLayout(NodeGradient g) {
        Value x = g.node().in(0);
        Value y = g.node().result(0);
        NodeGradient.Sink dx = g.sink(0);
        new StridedCopy(g.dy(0), 0, y.strides(), dx.buffer(), 0, x.strides(), x.shape().dims(), dx.add()).emit(g::step, g.kernels());
    }

    static void concat(Concat op, NodeGradient g) {
        for (int i = 0; i < g.node().operands(); i++) {
            if (g.wants(i)) {
                View part = View.concatPart(op, g.node(), i);
                NodeGradient.Sink dx = g.sink(i);
                new StridedCopy(g.dy(0), part.start(), part.strides(), dx.buffer(), 0, g.node().in(i).strides(), part.dims(), dx.add())
                        .emit(g::step, g.kernels());
            }
        }
    }

    static void split(Split op, NodeGradient g) {
        Buffer dx = g.accumulator(0);
        for (int i = 0; i < g.node().results(); i++) {
            if (g.dy(i) != null) {
                View part = View.splitPart(op, g.node(), i);
                new StridedCopy(g.dy(i), 0, g.node().result(i).strides(), dx, part.start(), part.strides(), part.dims(), true)
                        .emit(g::step, g.kernels());
            }
        }
    }

    static void transpose(Transpose op, NodeGradient g) {
        Value y = g.node().result(0);
        View view = View.transposed(op, g.node().in(0));
        NodeGradient.Sink dx = g.sink(0);
        new StridedCopy(g.dy(0), 0, y.strides(), dx.buffer(), view.start(), view.strides(), view.dims(), dx.add())
                .emit(g::step, g.kernels());
    }

    static void embedding(NodeGradient g) {
        if (g.wants(Embedding.TABLE)) {
            Buffer dTable = g.accumulator(Embedding.TABLE);
            g.step(1, EmbeddingForm.of(g.node()).backward(g.dy(0), dTable), g.dy(0), dTable);
        }
    }

    static void slice(Slice op, NodeGradient g) {
        View view = View.sliced(op, g.node().in(0));
        new StridedCopy(g.dy(0), 0, g.node().result(0).strides(), g.accumulator(0), view.start(), view.strides(), view.dims(), true)
                .emit(g::step, g.kernels());
    }

    static void depthToSpace(DepthToSpace op, NodeGradient g) {
        turned(BlockView.of(op, g.node().in(0), g.node().result(0)), g);
    }

    static void spaceToDepth(SpaceToDepth op, NodeGradient g) {
        turned(BlockView.of(op, g.node().in(0), g.node().result(0)), g);
    }

    /** Every element goes back to where it came from. */
    private static void turned(BlockView view, NodeGradient g) {
        NodeGradient.Sink dx = g.sink(0);
        new StridedCopy(g.dy(0), 0, view.to(), dx.buffer(), 0, view.from(), view.dims(), dx.add()).emit(g::step, g.kernels());
    }

    static void insertZeros(InsertZeros op, NodeGradient g) {
        Value x = g.node().in(0);
        View view = View.spread(op, x, g.node().result(0));
        NodeGradient.Sink dx = g.sink(0);
        new StridedCopy(g.dy(0), view.start(), view.strides(), dx.buffer(), 0, x.strides(), view.dims(), dx.add())
                .emit(g::step, g.kernels());
    }

    static void pad(Pad op, NodeGradient g) {
        Value x = g.node().in(0);
        if (op.mode() != Pad.Mode.CONSTANT) {
            along(Taps.of(op, x.shape()), g);
            return;
        }
        Value y = g.node().result(0);
        PadForm form = PadForm.of(op, x, y);
        new StridedCopy(g.dy(0), form.to(), y.strides(), g.accumulator(0), form.from(), x.strides(), form.dims(), true)
                .emit(g::step, g.kernels());
    }

    /** Maps along axes, transposed, last one first. */
    static void along(List<Taps> maps, NodeGradient g) {
        if (maps.isEmpty()) {
            return; // A view.
        }
        Value x = g.node().in(0);
        List<Shape> shapes = new ArrayList<>(List.of(x.shape()));
        for (Taps taps : maps) {
            shapes.add(shapes.getLast().with(taps.axis(), taps.outputs()));
        }
        Buffer dy = g.dy(0);
        for (int i = maps.size() - 1; i >= 0; i--) {
            TapForm form = TapForm.of(maps.get(i), shapes.get(i), shapes.get(i + 1), x.layout());
            Buffer dx = i == 0 ? g.accumulator(0) : g.scratch(x.layout().size(shapes.get(i)));
            if (i > 0) {
                g.step(1, (from, to) -> Arrays.fill(dx.data(), dx.offset(), dx.offset() + dx.size(), 0f), dx);
            }
            g.step(1, form.backward(dy, dx, g.kernels()), dy, dx);
            dy = dx;
        }
    }
}
