package io.github.bitgrain.simulator.lowering;

import java.util.ArrayList;
import java.util.List;

/** A value of a program in the making. */
final class DraftValue {
    final String name;
    /** The shape in ONNX's axes; after the layout pass only {@link #stored} counts. */
    final int[] shape;
    Encoding encoding;
    /** How the axes are stored; null while no node has asked for an order. */
    Permutation axes;
    /** The stored shape, set by the layout pass. */
    int[] stored;

    DraftValue(String name, int[] shape, Encoding encoding) {
        this.name = name;
        this.shape = shape;
        this.encoding = encoding;
    }

    int rank() {
        return shape.length;
    }

    /** The order of axes, which is ONNX's where nobody has chosen another. */
    Permutation axesOrIdentity() {
        return axes == null ? Permutation.identity(rank()) : axes;
    }

    List<Integer> storedDims() {
        List<Integer> dims = new ArrayList<>();
        for (int dim : stored) {
            dims.add(dim);
        }
        return dims;
    }
}
