package io.github.bitgrain.cli;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Cast;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.IntegerDiv;
import io.github.bitgrain.core.op.Mod;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.TopK;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.testing.SharedData;
import java.nio.file.Path;
import java.util.List;

/**
 * The trained detector of the references with the end that Ultralytics' exporter writes: distances become boxes in pixels, which stand beside the scores in one
 * output.
 */
final class UltralyticsExport {
    /** Classes of the detector. */
    static final int CLASSES = 10;
    private static final int BEST = 100;
    private static final int SIDE = 96;
    private static final int[] STRIDES = {8, 16};
    private static final int CELLS = 180;

    private final Parameters parameters;
    private final Graph.Builder graph;

    private UltralyticsExport(Parameters parameters, Graph.Builder graph) {
        this.parameters = parameters;
        this.graph = graph;
    }

    /** Writes a network whose output has the shape [1, 4 + classes, cells]: centre, width and height in pixels, scores. */
    static Path write(Path file) {
        return write(file, false);
    }

    /** Writes a network whose output has the shape [1, {@value #BEST}, 6]: corners in pixels, score and class of the best boxes. */
    static Path writeEndToEnd(Path file) {
        return write(file, true);
    }

    private static Path write(Path file, boolean endToEnd) {
        Model detector = OnnxReader.read(SharedData.path("golden/esp-ppq/models/yolo.onnx"));
        List<Node> nodes = detector.graph().nodes().stream().filter(node -> !node.name().equals("/Concat_4")).toList();
        UltralyticsExport export = new UltralyticsExport(detector.parameters().shallowCopy(), detector.graph().edit().nodes(nodes));
        Node joined = detector.graph().node("/Concat_4");
        export.decode(joined.input(0), joined.input(1), endToEnd);
        OnnxWriter.write(new Model(export.graph.outputs(List.of("output0")).build(), export.parameters), file);
        return file;
    }

    private String add(String name, Op op, String... operands) {
        graph.node("/decode/" + name, op, List.of(operands), name);
        return name;
    }

    private String half(String name, String distances, int first) {
        return add(name, new Slice(List.of(1), List.of((long) first), List.of(first + 2L), List.of(1L)), distances);
    }

    private void decode(String distances, String scores, boolean endToEnd) {
        float[] anchors = new float[2 * CELLS];
        float[] strides = new float[CELLS];
        int n = 0;
        for (int stride : STRIDES) {
            for (int y = 0; y < SIDE / stride; y++) {
                for (int x = 0; x < SIDE / stride; x++, n++) {
                    anchors[n] = x + 0.5f;
                    anchors[CELLS + n] = y + 0.5f;
                    strides[n] = stride;
                }
            }
        }
        parameters.put("anchors", new Tensor(Shape.of(1, 2, CELLS), anchors));
        parameters.put("strides", new Tensor(Shape.of(1, 1, CELLS), strides));
        parameters.put("two", new Tensor(Shape.of(), new float[] {2}));
        String first = add("x1y1", new Sub(), "anchors", half("lt", distances, 0));
        String last = add("x2y2", new Add(), "anchors", half("rb", distances, 2));
        if (endToEnd) {
            best(add("dbox", new Mul(), add("xyxy", new Concat(1), first, last), "strides"), scores);
            return;
        }
        String centre = add("cxy", new Div(), add("both", new Add(), first, last), "two");
        String extent = add("wh", new Sub(), last, first);
        add("output0", new Concat(1), add("dbox", new Mul(), add("xywh", new Concat(1), centre, extent), "strides"), scores);
    }

    /** The cells with the best scores, then the best scores of any class among them. */
    private void best(String boxes, String scores) {
        parameters.put("classes", new Tensor(Shape.of(), new float[] {CLASSES}));
        String rows = add("rows", new Transpose(List.of(0, 2, 1)), boxes);
        String byCell = add("by cell", new Transpose(List.of(0, 2, 1)), scores);
        String cells = top("cells", add("best of cell", new ReduceMax(List.of(-1), false), byCell));
        String some = add("some", new GatherElements(1), byCell, repeated(cells, CLASSES));
        String places = top("places", add("all", new Reshape(List.of(1L, (long) BEST * CLASSES), false), some));
        String row = repeated(add("row", new IntegerDiv(), places, "classes"), 4);
        String picked = add("picked", new GatherElements(1), add("kept", new GatherElements(1), rows, repeated(cells, 4)), row);
        String type = add("type", new Cast(false), add("class", new Mod(false), places, "classes"));
        add("output0", new Concat(2), picked, add("score", new Unsqueeze(List.of(2)), "places.values"), add("typed", new Unsqueeze(List.of(2)), type));
    }

    private String top(String name, String values) {
        graph.node(new Node("/decode/" + name, new TopK(BEST, 1, true, true), List.of(values), List.of(name + ".values", name)));
        return name;
    }

    private String repeated(String indices, int times) {
        String column = add(indices + ".column." + times, new Unsqueeze(List.of(2)), indices);
        return add(indices + " x " + times, new Tile(List.of(1L, 1L, (long) times)), column);
    }
}
