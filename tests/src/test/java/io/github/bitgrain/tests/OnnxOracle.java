package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.InputShapes;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** ONNX Runtime beside the float executor, on a file and on what is written again after reading it. */
final class OnnxOracle {
    private static final int ROUNDS = 3;

    private OnnxOracle() {}

    /** Draws an element of an input. */
    interface Element {
        float draw(Random random);
    }

    /**
     * Requires equal outputs.
     *
     * @param tolerance largest difference of an element
     */
    static void compare(String name, byte[] file, InputShapes shapes, Element element, float tolerance) throws OrtException {
        Model model = OnnxReader.read(name, null, file, shapes);
        byte[] written = OnnxWriter.write(model);
        Model again = OnnxReader.read(name, null, written);
        assertArrayEquals(written, OnnxWriter.write(again), name);
        Random random = new Random(11);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession theirs = environment.createSession(file, quiet());
                OrtSession theirsOfOurs = environment.createSession(written, quiet());
                Executor ours = new Executor(model);
                Executor oursAgain = new Executor(again)) {
            for (int round = 0; round < ROUNDS; round++) {
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                model.graph().inputs().forEach((input, shape) -> {
                    Tensor x = Tensor.zeros(shape);
                    for (int i = 0; i < x.size(); i++) {
                        x.data()[i] = element.draw(random);
                    }
                    inputs.put(input, x);
                });
                Map<String, Tensor> expected = run(environment, theirs, inputs);
                same(name + ", ours", expected, ours.run(inputs), tolerance);
                same(name + ", written", expected, run(environment, theirsOfOurs, inputs), tolerance);
                same(name + ", read again", expected, oursAgain.run(inputs), tolerance);
            }
        }
    }

    /** It warns of constants that no node reads. */
    private static OrtSession.SessionOptions quiet() throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        return options;
    }

    private static void same(String name, Map<String, Tensor> expected, Map<String, Tensor> actual, float tolerance) {
        assertEquals(expected.keySet(), actual.keySet(), name);
        expected.forEach((output, tensor) -> {
            assertEquals(tensor.shape(), actual.get(output).shape(), name + " " + output);
            assertArrayEquals(tensor.data(), actual.get(output).data(), tolerance, name + " " + output);
        });
    }

    private static Map<String, Tensor> run(OrtEnvironment environment, OrtSession session, Map<String, Tensor> inputs) throws OrtException {
        Map<String, OnnxTensor> fed = new LinkedHashMap<>();
        for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
            long[] shape = Arrays.stream(input.getValue().shape().dims()).asLongStream().toArray();
            fed.put(input.getKey(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(input.getValue().data()), shape));
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        try (OrtSession.Result outputs = session.run(fed)) {
            outputs.forEach(output -> results.put(output.getKey(), tensor((OnnxTensor) output.getValue())));
        }
        fed.values().forEach(OnnxTensor::close);
        return results;
    }

    private static Tensor tensor(OnnxTensor tensor) {
        Tensor result = Tensor.zeros(Shape.of(Arrays.stream(tensor.getInfo().getShape()).mapToInt(Math::toIntExact).toArray()));
        if (tensor.getInfo().type == OnnxJavaType.INT64) {
            LongBuffer longs = tensor.getLongBuffer();
            for (int i = 0; i < result.size(); i++) {
                result.data()[i] = longs.get(i);
            }
        } else {
            tensor.getFloatBuffer().get(result.data());
        }
        return result;
    }
}
