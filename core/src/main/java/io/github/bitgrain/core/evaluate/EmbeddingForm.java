package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.op.Embedding;
import io.github.bitgrain.core.plan.Buffer;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.PlannedNode;
import io.github.bitgrain.core.plan.Step;
import io.github.bitgrain.core.plan.Value;

/** Where the rows of a lookup lie, for evaluation and gradient. */
public final class EmbeddingForm {
    private final PlannedNode node;
    private final Value indices;
    private final Value table;
    private final int rows;
    private final int width;

    private EmbeddingForm(PlannedNode node) {
        this.node = node;
        indices = node.in(Embedding.INDICES, Layout.DENSE);
        table = node.in(Embedding.TABLE, Layout.DENSE);
        rows = table.shape().dim(0);
        width = table.shape().dim(1);
    }

    /** The form of a node that was evaluated. */
    public static EmbeddingForm of(PlannedNode node) {
        return new EmbeddingForm(node);
    }

    static void evaluate(PlannedNode node) {
        EmbeddingForm form = new EmbeddingForm(node);
        Value y = node.out(0, Layout.DENSE);
        node.step(form.count(), form.forward(y.buffer()), form.indices.buffer(), form.table.buffer(), y.buffer());
    }

    private int count() {
        return indices.shape().size();
    }

    private Step.Work forward(Buffer y) {
        return (from, to) -> {
            for (int i = from; i < to; i++) {
                System.arraycopy(table.buffer().data(), table.buffer().offset() + row(i) * width, y.data(), y.offset() + i * width, width);
            }
        };
    }

    /** Adds the gradient of every looked-up row to its row of the table, in the order of the indices whatever the threads. */
    public Step.Work backward(Buffer dy, Buffer dTable) {
        return (from, to) -> {
            for (int i = 0; i < count(); i++) {
                int at = dTable.offset() + row(i) * width;
                for (int k = 0; k < width; k++) {
                    dTable.data()[at + k] += dy.data()[dy.offset() + i * width + k];
                }
            }
        };
    }

    private int row(int i) {
        float index = indices.buffer().data()[indices.buffer().offset() + i];
        int row = (int) index;
        if (row != index || row < 0 || row >= rows) {
            throw BitgrainException.badInput("node \"" + node.node().name() + "\" (Gather): index " + index + " is no row of a table of " + rows);
        }
        return row;
    }
}
