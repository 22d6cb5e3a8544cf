package io.github.bitgrain.core.graph;

import static io.github.bitgrain.core.graph.ShapeRules.require;

import io.github.bitgrain.core.op.ArgMax;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.IndexedGather;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.op.WholeNumbers;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Shapes of what makes indices or goes by them. */
final class IndexShapes {
    private IndexShapes() {}

    static List<Shape> topK(TopK op, Shape x, int results) {
        int extent = indexed(x, op.axis());
        require(op.k() > 0 && op.k() <= extent, "k = " + op.k() + " of " + extent + " elements along axis " + op.axis());
        require(results <= 2, results + " results; there are two");
        Shape y = x.with(op.axis(), op.k());
        return List.of(y, y).subList(0, results);
    }

    static Shape argMax(ArgMax op, Shape x) {
        require(indexed(x, op.axis()) > 0, "axis " + op.axis() + " of " + x + " is empty");
        return op.keepDims() ? x.with(op.axis(), 1) : x.without(op.axis());
    }

    static Shape gatherElements(GatherElements op, Shape x, Shape indices) {
        require(x.rank() == indices.rank(), "indices " + indices + " for " + x);
        indexed(x, op.axis());
        for (int axis = 0; axis < x.rank(); axis++) {
            require(axis == x.axis(op.axis()) || indices.dim(axis) <= x.dim(axis), "indices " + indices + " reach beyond " + x);
        }
        return indices;
    }

    static Shape indexedGather(IndexedGather op, Shape x, Shape indices) {
        int axis = x.axis(op.axis());
        indexed(x, axis);
        return joined(part(x, 0, axis), part(indices, 0, indices.rank()), part(x, axis + 1, x.rank()));
    }

    static Shape gatherNd(GatherNd op, Shape x, Shape indices) {
        int batch = op.batchDims();
        require(batch >= 0 && indices.rank() > batch && x.rank() > batch && part(x, 0, batch).equals(part(indices, 0, batch)),
                "indices " + indices + " share no " + batch + " axes with " + x);
        int addressed = indices.dim(-1);
        require(addressed > 0 && batch + addressed <= x.rank(), addressed + " indices for " + x);
        for (int axis = batch; axis < batch + addressed; axis++) {
            indexed(x, axis);
        }
        return joined(part(indices, 0, indices.rank() - 1), part(x, batch + addressed, x.rank()), List.of());
    }

    static Shape tile(Tile op, Shape x) {
        require(op.repeats().size() == x.rank(), op.repeats().size() + " repeats for " + x);
        Shape y = x;
        for (int axis = 0; axis < x.rank(); axis++) {
            y = y.with(axis, Math.toIntExact(x.dim(axis) * op.repeats().get(axis)));
        }
        return y;
    }

    /** The extent of an axis whose elements are counted in floats. */
    private static int indexed(Shape x, int axis) {
        require(x.dim(axis) <= WholeNumbers.LARGEST, "axis " + axis + " of " + x + " is too long: indices are exact up to " + WholeNumbers.LARGEST);
        return x.dim(axis);
    }

    private static List<Integer> part(Shape shape, int from, int to) {
        List<Integer> dims = new ArrayList<>();
        for (int axis = from; axis < to; axis++) {
            dims.add(shape.dim(axis));
        }
        return dims;
    }

    private static Shape joined(List<Integer> first, List<Integer> second, List<Integer> third) {
        List<Integer> dims = new ArrayList<>(first);
        dims.addAll(second);
        dims.addAll(third);
        return Shape.of(dims);
    }
}
