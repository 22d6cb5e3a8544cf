package io.github.bitgrain.cli;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Sub;
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
        Model detector = OnnxReader.read(SharedData.path("golden/esp-ppq/models/yolo.onnx"));
        List<Node> nodes = detector.graph().nodes().stream().filter(node -> !node.name().equals("/Concat_4")).toList();
        UltralyticsExport export = new UltralyticsExport(detector.parameters().shallowCopy(), detector.graph().edit().nodes(nodes));
        Node joined = detector.graph().node("/Concat_4");
        export.decode(joined.input(0), joined.input(1));
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

    private void decode(String distances, String scores) {
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
        String centre = add("cxy", new Div(), add("both", new Add(), first, last), "two");
        String extent = add("wh", new Sub(), last, first);
        add("output0", new Concat(1), add("dbox", new Mul(), add("xywh", new Concat(1), centre, extent), "strides"), scores);
    }
}
