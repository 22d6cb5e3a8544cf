package io.github.bitgrain.tests;

import static io.github.bitgrain.tests.OnnxFile.of;

import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Random;

/**
 * A detector whose file ends in boxes, as Ultralytics' end-to-end heads do through PyTorch's TorchScript exporter: three maps of 8×8, 4×4 and
 * 2×2, {@value #CLASSES} classes, the {@value #BOXES} best boxes. Input x [1, 3, 16, 16], output y [1, boxes, 6]: corners, score, class.
 */
final class EndToEndDetector {
    private static final int CLASSES = 5;
    private static final int BOXES = 10;
    private static final int ANCHORS = 84;
    private static final int AXES_AS_OPERAND = 18;

    private final OnnxFile file;
    private final int opset;
    private final Random random = new Random(17);

    /** How x[i, j] is exported. */
    enum Indexing {
        /** Gather of rows, whose numbers are computed: PyTorch's TorchScript exporter. */
        ROWS,
        /** GatherND of pairs. */
        PAIRS
    }

    private EndToEndDetector(int opset) {
        this.opset = opset;
        file = new OnnxFile(opset);
    }

    /** Boxes are picked twice: by anchor, then by the anchor of the best scores (YOLOv10). */
    static byte[] pickingTwice(int opset, Indexing indexing) {
        EndToEndDetector net = new EndToEndDetector(opset);
        net.anchors();
        net.bestAnchors();
        net.repeated("anchor", "anchor4", 4);
        net.file.node("GatherElements", "boxes anchor4 -> some", of("axis", 1));
        net.bestScores();
        net.pick("some", 4, indexing);
        net.file.node("Identity", "picked -> corners");
        return net.joined();
    }

    /** Boxes are picked once, by the anchors of the best scores (newer heads). */
    static byte[] pickingOnce(int opset, Indexing indexing) {
        EndToEndDetector net = new EndToEndDetector(opset);
        net.anchors();
        net.bestAnchors();
        net.bestScores();
        net.pick("anchor", 1, indexing);
        net.repeated("picked", "picked4", 4);
        net.file.node("GatherElements", "boxes picked4 -> corners", of("axis", 1));
        return net.joined();
    }

    private float[] weights(int count) {
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = (float) random.nextGaussian() / 3;
        }
        return weights;
    }

    /** Boxes [1, anchors, 4] and scores [1, anchors, classes]. */
    private void anchors() {
        file.input("x", 1, 3, 16, 16);
        String from = "x";
        int channels = 3;
        for (int i = 0; i < 3; i++) {
            file.floats("w" + i, List.of(16, channels, 3, 3), weights(16 * channels * 9))
                    .floats("h" + i, List.of(4 + CLASSES, 16, 1, 1), weights((4 + CLASSES) * 16))
                    .node("Conv", from + " w" + i + " -> c" + i, of("strides", List.of(2L, 2L)), of("pads", List.of(1L, 1L, 1L, 1L)))
                    .node("Relu", "c" + i + " -> m" + i)
                    .node("Conv", "m" + i + " h" + i + " -> o" + i).node("Reshape", "o" + i + " flat -> f" + i);
            from = "m" + i;
            channels = 16;
        }
        file.integers("flat", 1, 4 + CLASSES, -1).integers("parts", 4, CLASSES)
                .node("Concat", "f0 f1 f2 -> all", of("axis", 2))
                .node("Split", "all parts -> distances logits", of("axis", 1))
                .node("Sigmoid", "logits -> likely")
                .node("Concat", "distances likely -> columns", of("axis", 1))
                .node("Transpose", "columns -> preds", of("perm", List.of(0L, 2L, 1L)))
                .node("Split", "preds parts -> boxes scores", of("axis", -1));
    }

    /** The anchors with the best scores, and these. */
    private void bestAnchors() {
        file.integers("last", -1).integers("k", BOXES);
        if (opset < AXES_AS_OPERAND) {
            file.node("ReduceMax", "scores -> best", of("axes", List.of(-1L)), of("keepdims", 0));
        } else {
            file.node("ReduceMax", "scores last -> best", of("keepdims", 0));
        }
        file.node("TopK", "best k -> values index", of("axis", -1), of("largest", 1), of("sorted", 1)).node("Unsqueeze", "index last -> anchor");
        repeated("anchor", "anchorC", CLASSES);
        file.node("GatherElements", "scores anchorC -> ofBest", of("axis", 1))
                .node("Flatten", "ofBest -> line", of("axis", 1))
                .node("TopK", "line k -> score place", of("axis", -1), of("largest", 1), of("sorted", 1));
    }

    /** {@code repeat(1, 1, times)}: exporters expand to the rank of the repeats first. */
    private void repeated(String from, String to, int times) {
        file.integers(to + "Rank", 3).node("ConstantOfShape", to + "Rank -> " + to + "Ones", ones()).node("Expand", from + " " + to + "Ones -> " + to + "Same")
                .integers(to + "Times", 1, 1, times).node("Tile", to + "Same " + to + "Times -> " + to);
    }

    private static AttributeProto ones() {
        return AttributeProto.newBuilder().setName("value").setType(AttributeProto.AttributeType.TENSOR)
                .setT(TensorProto.newBuilder().setDataType(DataType.INT64_VALUE).addDims(1).addInt64Data(1)).build();
    }

    /** Which of the best anchors a score belongs to. */
    private void bestScores() {
        file.integers("classes", List.of(), CLASSES)
                .node("Div", "place classes -> quotient")
                .node("Cast", "quotient -> row64", of("to", DataType.INT64_VALUE))
                .node("Cast", "row64 -> row", of("to", DataType.INT64_VALUE));
    }

    /** {@code from[arange(1)[:, None], row]}: from [1, boxes, width] → picked [1, boxes, width]. */
    private void pick(String from, int width, Indexing indexing) {
        file.integers("sample", List.of(1, 1), 0);
        if (indexing == Indexing.PAIRS) {
            file.node("Shape", "row -> rowShape").node("Expand", "sample rowShape -> samples")
                    .node("Unsqueeze", "samples last -> first").node("Unsqueeze", "row last -> second")
                    .node("Concat", "first second -> pairs", of("axis", -1)).node("GatherND", from + " pairs -> picked");
            return;
        }
        file.integers("one", 1).integers("width", width)
                .node("Shape", from + " -> fromShape").node("Gather", "fromShape one -> extent", of("axis", 0))
                .node("Flatten", from + " -> rows", of("axis", 2)).node("Mul", "sample extent -> start").node("Add", "row start -> number")
                .node("Gather", "rows number -> found", of("axis", 0))
                .node("Shape", "number -> numberShape").node("Concat", "numberShape width -> pickedShape", of("axis", 0))
                .node("Reshape", "found pickedShape -> picked");
    }

    private byte[] joined() {
        file.node("Unsqueeze", "score last -> likelihood")
                .node("Mod", "place classes -> class", of("fmod", 0)).node("Unsqueeze", "class last -> classColumn")
                .node("Cast", "classColumn -> classF", of("to", DataType.FLOAT_VALUE)).node("Concat", "corners likelihood classF -> y", of("axis", -1))
                .output("y", DataType.FLOAT);
        return file.bytes();
    }
}
