package io.github.bitgrain.tests;

import static io.github.bitgrain.tests.OnnxFile.of;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.onnxruntime.OrtException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operators with indices that are computed at run time: we compute what ONNX Runtime computes from the same file, and ONNX Runtime computes the
 * same from the file that we write, and from that of what we read in it.
 */
class IndexOperatorsOracleTest {
    /** x [2, 5, 4]; half of its elements equal others. */
    private static Arguments file(String name, OnnxFile file) {
        return Arguments.of(name, file.input("x", 2, 5, 4).bytes());
    }

    private static OnnxFile ranked(int opset) {
        return new OnnxFile(opset).integers("k", 3).node("TopK", "x k -> v i", of("axis", 1));
    }

    static Stream<Arguments> operators() {
        Stream.Builder<Arguments> files = Stream.builder();
        for (long axis : new long[] {0, 1, -1}) {
            for (long largest : new long[] {0, 1}) {
                files.add(file("TopK " + axis + " " + largest, new OnnxFile(13).integers("k", 2).node("TopK", "x k -> v i", of("axis", axis), of("largest", largest))
                        .output("v", DataType.FLOAT).output("i", DataType.INT64)));
            }
            files.add(file("ArgMax " + axis, new OnnxFile(13).node("ArgMax", "x -> i", of("axis", axis), of("keepdims", 0)).output("i", DataType.INT64)));
            files.add(file("GatherElements " + axis, new OnnxFile(13).node("ArgMax", "x -> i", of("axis", axis)).node("GatherElements", "x i -> y", of("axis", axis))
                    .output("y", DataType.FLOAT)));
        }
        files.add(file("TopK of integers", ranked(13).integers("two", 2).node("TopK", "i two -> w j", of("axis", 1), of("largest", 0))
                .output("w", DataType.INT64).output("j", DataType.INT64)));
        files.add(file("ArgMax of integers", ranked(13).node("Cast", "i -> f", of("to", DataType.FLOAT_VALUE)).node("ArgMax", "f -> y", of("axis", 1))
                .output("y", DataType.INT64)));
        files.add(file("Gather", new OnnxFile(13).node("ArgMax", "x -> i", of("axis", 2), of("keepdims", 0)).node("Gather", "x i -> y", of("axis", 2))
                .output("y", DataType.FLOAT)));
        files.add(file("Gather of a table", new OnnxFile(13).floats("t", List.of(4, 3), 1, 2.5f, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
                .node("ArgMax", "x -> i", of("axis", 2), of("keepdims", 0)).node("Gather", "t i -> y", of("axis", 0)).output("y", DataType.FLOAT)));
        files.add(file("Gather of a table of integers", new OnnxFile(13).integers("t", List.of(4), 7, -3, 5, 2).node("ArgMax", "x -> i", of("axis", 2))
                .integers("three", 3).node("Gather", "t i -> y", of("axis", 0)).node("Div", "y three -> z").output("y", DataType.INT64).output("z", DataType.INT64)));
        files.add(file("Gather from the end", ranked(13).integers("five", 5).node("Sub", "i five -> n").node("Gather", "x n -> y", of("axis", 1))
                .output("y", DataType.FLOAT)));
        files.add(file("GatherND", ranked(13).integers("last", -1).integers("ones", List.of(2, 3, 4, 1), new long[24]).node("Unsqueeze", "i last -> u")
                .node("Concat", "ones u -> p", of("axis", -1)).node("GatherND", "x p -> y").output("y", DataType.FLOAT)));
        files.add(file("GatherND of each sample", ranked(13).integers("last", -1).node("Unsqueeze", "i last -> u").node("GatherND", "x u -> y", of("batch_dims", 1))
                .output("y", DataType.FLOAT)));
        for (String type : List.of("Add", "Sub", "Mul", "Max", "Min")) {
            files.add(file(type, ranked(13).integers("c", List.of(4), 2, -1, 0, 3).node(type, "i c -> y").output("y", DataType.INT64)));
        }
        for (String type : List.of("Div", "Mod")) {
            files.add(file(type + " of negatives", ranked(13).integers("c", List.of(4), 2, -2, 3, -3).integers("four", 4).node("Sub", "i four -> s")
                    .node(type, "s c -> y").node(type, "i c -> z").output("y", DataType.INT64).output("z", DataType.INT64)));
        }
        files.add(file("Mod toward zero", ranked(13).integers("c", List.of(4), 2, -2, 3, -3).integers("four", 4).node("Sub", "i four -> s")
                .node("Mod", "s c -> y", of("fmod", 1)).output("y", DataType.INT64)));
        files.add(file("Mod of floats", new OnnxFile(13).floats("c", List.of(4), 0.5f, -0.75f, 3, -2).node("Mod", "x c -> y", of("fmod", 1)).output("y", DataType.FLOAT)));
        files.add(file("Neg and Abs", ranked(13).node("Neg", "i -> n").node("Abs", "n -> y").output("n", DataType.INT64).output("y", DataType.INT64)));
        files.add(file("reductions", ranked(13).integers("one", 1).node("ReduceMax", "i -> a", of("axes", List.of(1L))).node("ReduceMin", "i -> b", of("axes", List.of(1L)))
                .node("ReduceSum", "i one -> c").output("a", DataType.INT64).output("b", DataType.INT64).output("c", DataType.INT64)));
        files.add(file("moves", ranked(13).integers("end", 2).integers("axis", 0).integers("zero", 0).node("Transpose", "i -> t", of("perm", List.of(2L, 0L, 1L)))
                .node("Slice", "t zero end axis -> s").node("Split", "s -> a b", of("axis", 0)).node("Squeeze", "a axis -> c").output("b", DataType.INT64)
                .output("c", DataType.INT64)));
        files.add(file("Floor", new OnnxFile(13).node("Floor", "x -> y").output("y", DataType.FLOAT)));
        files.add(file("Cast", new OnnxFile(13).node("Cast", "x -> i", of("to", DataType.INT32_VALUE)).node("Cast", "i -> l", of("to", DataType.INT64_VALUE))
                .node("Cast", "l -> y", of("to", DataType.FLOAT_VALUE)).node("Cast", "x -> z", of("to", DataType.FLOAT_VALUE)).output("y", DataType.FLOAT)
                .output("l", DataType.INT64).output("z", DataType.FLOAT)));
        files.add(file("quotient by Floor", ranked(13).floats("c", List.of(), 3).node("Cast", "i -> f", of("to", DataType.FLOAT_VALUE)).node("Div", "f c -> d")
                .node("Floor", "d -> w").node("Cast", "w -> y", of("to", DataType.INT64_VALUE)).node("Gather", "x y -> z", of("axis", 1)).output("y", DataType.INT64)
                .output("z", DataType.FLOAT)));
        files.add(file("Tile and Expand", ranked(13).integers("r", 2, 1, 3).integers("s", 2, 2, 3, 4).node("Tile", "x r -> y").node("Tile", "i r -> z").node("Expand", "i s -> e")
                .output("y", DataType.FLOAT).output("z", DataType.INT64).output("e", DataType.INT64)));
        return files.build();
    }

    static Stream<Arguments> detectors() {
        return Stream.of(13, 17, 18, 20).flatMap(opset -> Stream.of(EndToEndDetector.Indexing.values()).flatMap(indexing -> Stream.of(
                Arguments.of("boxes picked twice, opset " + opset + ", " + indexing, EndToEndDetector.pickingTwice(opset, indexing)),
                Arguments.of("boxes picked once, opset " + opset + ", " + indexing, EndToEndDetector.pickingOnce(opset, indexing)))));
    }

    /** Elements are halves, so that sums and quotients are exact. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("operators")
    void operatorsEqualOnnxRuntimes(String name, byte[] file) throws OrtException {
        OnnxOracle.compare(name, file, InputShapes.NONE, random -> (random.nextInt(20) - 10) / 2f, 0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("detectors")
    void detectorsEqualOnnxRuntimes(String name, byte[] file) throws OrtException {
        OnnxOracle.compare(name, file, InputShapes.NONE, random -> (float) random.nextGaussian(), 1e-5f);
    }

    /** The files are for one sample: more of them do not pick boxes from each other. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("detectors")
    void detectorsKeepTheSamplesOfABatchApart(String name, byte[] file) {
        Model model = OnnxReader.read(name, null, file);
        Random random = new Random(11);
        Tensor x = Tensor.zeros(Shape.of(3, 3, 16, 16));
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        try (Executor executor = new Executor(model)) {
            Tensor y = executor.run(Map.of("x", x)).get("y");
            int size = y.size() / 3;
            for (int n = 0; n < 3; n++) {
                Tensor sample = new Tensor(Shape.of(1, 3, 16, 16), Arrays.copyOfRange(x.data(), n * x.size() / 3, (n + 1) * x.size() / 3));
                assertArrayEquals(executor.run(Map.of("x", sample)).get("y").data(), Arrays.copyOfRange(y.data(), n * size, (n + 1) * size));
            }
        }
    }
}
