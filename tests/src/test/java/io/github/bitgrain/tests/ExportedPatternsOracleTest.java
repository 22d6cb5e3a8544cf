package io.github.bitgrain.tests;

import static io.github.bitgrain.tests.OnnxFile.of;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What exporters write around layers, for networks of open size and for old and new operator sets: computed as ONNX Runtime does. */
class ExportedPatternsOracleTest {
    private static final InputShapes OPEN = new InputShapes(Shape.of(1, 3, 4, 6), Map.of());

    private static OnnxFile open(int opset) {
        return new OnnxFile(opset).input("x", 0, 3, 0, 0).integers("i0", 0).integers("i1", 1).integers("i2", 2).integers("i3", 3);
    }

    private static OnnxFile shaped(int opset) {
        return open(opset).node("Shape", "x -> s").node("Gather", "s i2 -> h").node("Gather", "s i3 -> w");
    }

    private static Arguments file(String name, OnnxFile file) {
        return Arguments.of(name, file.output("y", DataType.FLOAT).bytes());
    }

    static Stream<Arguments> patterns() {
        Stream.Builder<Arguments> files = Stream.builder();
        for (int opset : new int[] {13, 17, 22, 24}) {
            // flatten(1), as torch writes it for an open size; the size of a Resize from that of another map.
            files.add(file("flat, " + opset, shaped(opset).node("Mul", "h w -> hw").node("Concat", "i1 hw -> t0", of("axis", 0)).integers("m", -1)
                    .node("Concat", "m hw -> t", of("axis", 0)).node("Reshape", "x t -> y")));
            files.add(file("resize, " + opset, shaped(opset).integers("two", 2).node("Mul", "h two -> h2").node("Mul", "w two -> w2")
                    .integers("n", 1).integers("c", 3).node("Concat", "n c h2 w2 -> size", of("axis", 0)).node("Resize", "x   size -> y")));
            // expand(-1, 3, -1, -1): where(shape == -1, 1, shape).
            files.add(file("expand, " + opset, open(opset).floats("p", List.of(1, 1, 1, 1), 0.5f).integers("want", -1, 3, -1, 6).integers("rank", 4)
                    .node("ConstantOfShape", "rank -> none").node("Cast", "none -> zeros", of("to", DataType.INT64_VALUE)).integers("one", 1).integers("minus", -1).node("Add", "zeros one -> ones").node("Mul", "ones minus -> open")
                    .node("Equal", "want open -> is").node("Where", "is ones want -> t").node("Expand", "p t -> e").node("Add", "x e -> y")));
            // squeeze() of an open axis: an If whose condition is a comparison of extents.
            OnnxFile then = new OnnxFile(opset).node("Squeeze", "x i0 -> squeezed").output("squeezed", DataType.FLOAT);
            OnnxFile otherwise = new OnnxFile(opset).node("Identity", "x -> same").output("same", DataType.FLOAT);
            files.add(file("squeeze, " + opset, open(opset).node("Shape", "x -> s").node("Gather", "s i0 -> n").node("Equal", "n i1 -> is")
                    .node("If", "is -> z", of("then_branch", then), of("else_branch", otherwise)).node("Relu", "z -> y")));
            files.add(file("no squeeze, " + opset, open(opset).node("Shape", "x -> s").node("Gather", "s i2 -> n").node("Equal", "n i1 -> is")
                    .node("If", "is -> z", of("then_branch", then), of("else_branch", otherwise)).node("Relu", "z -> y")));
            files.add(file("sums of several, " + opset, open(opset).floats("a", List.of(1), 2).node("Sum", "x a x -> p").node("Mean", "x a p -> q").node("Max", "p q a -> r")
                    .node("Min", "r x q -> s").node("Sum", "s -> y")));
            files.add(file("vectors, " + opset, open(opset).floats("a", List.of(6), 1, -1, 2, 0, 3, 1).floats("b", List.of(4), 2, 1, 0, -1)
                    .node("MatMul", "x a -> p").node("MatMul", "b x -> q").node("MatMul", "q a -> r").node("Add", "r i -> y").floats("i", List.of(1), 0)));
        }
        for (int opset : new int[] {13, 17}) {
            for (String type : List.of("ReduceL1", "ReduceSumSquare", "ReduceL2")) {
                files.add(file(type + ", " + opset, open(opset).node(type, "x -> y", of("axes", List.of(1L, 3L)), of("keepdims", 0))));
            }
        }
        for (String type : List.of("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum")) {
            files.add(file(type + " of one element", open(11).node(type, "x -> p", of("axes", List.of(0L))).node("Relu", "p -> y")));
            files.add(file(type + " of one element, whose axis goes", open(11).node(type, "x -> p", of("axes", List.of(-4L)), of("keepdims", 0)).node("Relu", "p -> y")));
        }
        files.add(file("ReduceLogSum", open(13).node("Exp", "x -> e").node("ReduceLogSum", "e -> y", of("axes", List.of(2L)))));
        files.add(file("comparisons", shaped(16).node("Less", "h w -> a").node("GreaterOrEqual", "h w -> b").node("Not", "b -> c").node("And", "a c -> d")
                .node("Or", "d b -> e").floats("p", List.of(1), 3).floats("q", List.of(1), 5).node("Where", "e p q -> f").node("ReduceProd", "s -> g0").node("Cast", "g0 -> g", of("to", DataType.FLOAT_VALUE))
                .node("Mul", "f g -> k").node("Add", "x k -> y")));
        files.add(file("Dropout with an unread mask", open(11).node("Dropout", "x -> z mask").node("Relu", "z -> y")));
        return files.build();
    }

    /** Elements are halves; of logarithms and roots the last bits may differ. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("patterns")
    void equalOnnxRuntimes(String name, byte[] file) throws OrtException {
        OnnxOracle.compare(name, file, OPEN, random -> (random.nextInt(20) - 10) / 2f, 1e-4f);
    }

    /** Some exporters write down what is the default anyway. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void defaultActivationsMayBeWrittenDown(boolean lower) throws OrtException {
        String[] activations = lower ? new String[] {"sigmoid", "tanh", "tanh"} : new String[] {"Sigmoid", "Tanh", "Tanh"};
        float[] w = new float[2 * 4 * 3];
        float[] r = new float[2 * 4 * 2];
        for (int i = 0; i < w.length; i++) {
            w[i] = (i % 7 - 3) / 4f;
            r[i % r.length] = (i % 5 - 2) / 4f;
        }
        OnnxFile file = new OnnxFile(14).input("x", 5, 1, 3).floats("w", List.of(1, 8, 3), w).floats("r", List.of(1, 8, 2), r)
                .node("LSTM", "x w r -> y", of("hidden_size", 2), of("activations", activations)).output("y", DataType.FLOAT);
        OnnxOracle.compare("LSTM", file.bytes(), InputShapes.NONE, random -> (random.nextInt(20) - 10) / 4f, 1e-6f);
    }

    private static String refusal(OnnxFile file, InputShapes shapes) {
        return assertThrows(BitgrainException.class, () -> OnnxReader.read("net.onnx", null, file.output("y", DataType.FLOAT).bytes(), shapes)).getMessage();
    }

    @Test
    void openAxesAreNamedWithTheWayOut() {
        OnnxFile file = open(13).node("Relu", "x -> y");
        assertEquals("net.onnx: input \"x\" axes 2, 3 are dynamic; a chip model has one size: give it with --input-shape 1,3,H,W, or export with a fixed input shape",
                refusal(file, InputShapes.NONE));
    }

    @Test
    void shapesThatDoNotFitTheFileAreRefused() {
        OnnxFile file = open(13).node("Relu", "x -> y");
        assertEquals("net.onnx: input \"x\" is [?,3,?,?] in the file, which 1,4,8,8 does not fit; only open axes (?) can be given",
                refusal(file, new InputShapes(Shape.of(1, 4, 8, 8), Map.of())));
        assertEquals("net.onnx: has no input \"z\" to give a shape to; its inputs: x", refusal(file, new InputShapes(null, Map.of("z", Shape.of(1)))));
        assertEquals("net.onnx: has 2 inputs; say which one a shape is for: a=1,2 or b=1,2",
                refusal(new OnnxFile(13).input("a", 0, 0).input("b", 0, 0).node("Add", "a b -> y"), new InputShapes(Shape.of(1, 2), Map.of())));
    }

    @Test
    void singleNumbersAreNoInputs() {
        OnnxFile file = new OnnxFile(13).input("x", 1, 3).number("rate").node("Mul", "x rate -> y");
        assertEquals("net.onnx: input \"rate\" is a single number without axes; make it a constant of the network, or export it with the shape [1, 1]",
                refusal(file, InputShapes.NONE));
    }

    @Test
    void whatIsKnownAtRunTimeOnlyIsRefused() {
        OnnxFile branch = new OnnxFile(13).node("Identity", "x -> z").output("z", DataType.FLOAT);
        OnnxFile file = new OnnxFile(13).input("x", 1, 3).node("ReduceMax", "x -> m", of("keepdims", 0)).node("If", "m -> y", of("then_branch", branch), of("else_branch", branch));
        assertTrue(refusal(file, InputShapes.NONE).contains("node \"y\" (If): the condition (input 0) is computed at run time"));
        OnnxFile mask = new OnnxFile(11).input("x", 1, 3).node("Dropout", "x -> z mask").node("Add", "mask z -> y");
        assertTrue(refusal(mask, InputShapes.NONE).contains("its mask is read"));
        OnnxFile empty = new OnnxFile(13).input("x", 1, 3).integers("from", 3).integers("to", 1).integers("axis", 1).node("Slice", "x from to axis -> y");
        assertTrue(refusal(empty, InputShapes.NONE).contains("has no elements"));
        OnnxFile relu = new OnnxFile(14).input("x", 5, 1, 1).floats("w", List.of(1, 4, 1), new float[4]).floats("r", List.of(1, 4, 1), new float[4])
                .node("LSTM", "x w r -> y", of("hidden_size", 1), of("activations", "Relu", "Tanh", "Tanh"));
        assertTrue(refusal(relu, InputShapes.NONE).contains("only the default ones are: Sigmoid, Tanh, Tanh"));
    }
}
