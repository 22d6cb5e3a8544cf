package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipTensor;
import io.github.bitgrain.simulator.ElementType;
import java.util.List;
import java.util.function.Function;

/** What a row of {@link ChipOperators} sees of one node: its shapes, and ways to write attributes and constants. */
final class NodeLowering {
    private static final int SPATIAL_START = 2;
    private static final int IMAGE_RANK = 4;

    final Draft draft;
    final Node source;
    final DraftNode node;
    private final Function<String, Shape> shapes;

    NodeLowering(Draft draft, Node source, DraftNode node, Function<String, Shape> shapes) {
        this.draft = draft;
        this.source = source;
        this.node = node;
        this.shapes = shapes;
    }

    Shape inputShape(int index) {
        return shapes.apply(source.input(index));
    }

    Shape outputShape() {
        return shapes.apply(source.output());
    }

    boolean parity() {
        return draft.options.parity();
    }

    /** Whether the node works on images (rank 4) rather than on sequences (rank 3). */
    boolean isImage() {
        return inputShape(0).rank() == IMAGE_RANK;
    }

    /** Vertical extent of the input; 1 for sequences. */
    int inputHeight() {
        return isImage() ? inputShape(0).dim(SPATIAL_START) : 1;
    }

    int inputWidth() {
        return inputShape(0).dim(inputShape(0).rank() - 1);
    }

    int outputHeight() {
        return isImage() ? outputShape().dim(SPATIAL_START) : 1;
    }

    int outputWidth() {
        return outputShape().dim(outputShape().rank() - 1);
    }

    void size(String key, Size size) {
        if (isImage()) {
            node.attribute(key, size.h(), size.w());
        } else {
            node.attribute(key, new int[] {size.w()});
        }
    }

    void pads(Pads pads) {
        if (isImage()) {
            node.attribute("pads", pads.top(), pads.left(), pads.bottom(), pads.right());
        } else {
            node.attribute("pads", pads.left(), pads.right());
        }
    }

    /** The number, counted from the start, of an axis of a value of some rank. */
    static int axis(int axis, int rank) {
        return axis < 0 ? axis + rank : axis;
    }

    /** Sets an input to a list of indices or extents. */
    void integers(int position, String purpose, List<Long> values) {
        integers(position, purpose, values, List.of(values.size()));
    }

    void integers(int position, String purpose, List<Long> values, List<Integer> dims) {
        long[] elements = values.stream().mapToLong(Long::longValue).toArray();
        constant(position, ChipTensor.ofLongs(
                name(position, purpose), ElementType.INT64, dims, ChipTensor.NOT_QUANTIZED, ChipTensor.PLAIN_LAYOUT, elements));
    }

    /** Sets an input to a list of reals. */
    void reals(int position, String purpose, List<Float> values) {
        float[] elements = new float[values.size()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = values.get(i);
        }
        constant(position, ChipTensor.ofFloats(
                name(position, purpose), List.of(elements.length), ChipTensor.PLAIN_LAYOUT, elements));
    }

    /** Sets an input to one number, held as the node's first input is. */
    void scalarLikeInput(int position, String purpose, float value) {
        String name = name(position, purpose);
        Encoding encoding = node.wanted(0);
        constant(position, encoding.isFloat()
                ? ChipTensor.ofFloats(name, List.of(1), ChipTensor.PLAIN_LAYOUT, value)
                : ParameterQuantization.quantize(name, new float[] {value}, List.of(1), encoding, draft.target()));
    }

    private void constant(int position, ChipTensor tensor) {
        while (node.inputs.size() <= position) {
            node.inputs.add(new Operand.Omitted());
        }
        node.inputs.set(position, new Operand.Constant(DraftConstant.finished(tensor)));
    }

    private String name(int position, String purpose) {
        String label = source.input(position);
        return draft.freshTensor(label.isEmpty() ? source.name() + "/" + purpose : label);
    }

    /** Replaces a float constant, keeping its role. */
    void replaceConstant(int position, Tensor tensor) {
        DraftConstant old = node.constant(position);
        node.inputs.set(position, new Operand.Constant(DraftConstant.of(old.name, old.role, tensor)));
    }

    /** The chips that the program is for. */
    Target target() {
        return draft.target();
    }
}
