package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.testing.SharedData;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Float outputs are ONNX Runtime's to 1e-4 of the largest magnitude of each output. */
class OnnxRuntimeOracleTest {
    private static final double TOLERANCE = 1e-4;
    private static final int ROUNDS = 3;

    @ParameterizedTest
    @ValueSource(strings = {
        "models/resnet8_cifar10/model.onnx",
        "models/mobilenetv1_025_imagenet/model.onnx",
        "models/dscnn_kws/model.onnx",
        "models/autoencoder_toycar/model.onnx",
        "models/ultraface_rfb320/model.onnx",
        "models/fastestdet_352/model.onnx",
        "golden/esp-ppq/models/lenet.onnx",
        "golden/esp-ppq/models/lenet_imb.onnx",
        "golden/esp-ppq/models/mbv2.onnx",
        "golden/esp-ppq/models/tiny.onnx",
        "golden/esp-ppq/models/yolo.onnx",
        "golden/esp-ppq/models/zoo_act.onnx",
        "golden/esp-ppq/models/zoo_shape.onnx",
        "golden/esp-ppq/models/zoo_trans.onnx",
        "models/mnist_lstm/model.onnx",
        "models/stories260k_transformer/model_embeds.onnx",
    })
    void outputsEqualOnnxRuntimes(String path) throws OrtException {
        Path file = SharedData.path(path);
        Model model = OnnxReader.read(file);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Random random = new Random(11);
        try (OrtSession session = environment.createSession(file.toString(), new OrtSession.SessionOptions());
                Executor executor = new Executor(model)) {
            for (int round = 0; round < ROUNDS; round++) {
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                Map<String, OnnxTensor> fed = new LinkedHashMap<>();
                for (Map.Entry<String, Shape> input : model.graph().inputs().entrySet()) {
                    float[] values = new float[input.getValue().size()];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = (float) random.nextGaussian();
                    }
                    inputs.put(input.getKey(), new Tensor(input.getValue(), values));
                    long[] shape = Arrays.stream(input.getValue().dims()).asLongStream().toArray();
                    fed.put(input.getKey(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
                }
                Map<String, Tensor> ours = executor.run(inputs);
                try (OrtSession.Result theirs = session.run(fed)) {
                    for (String output : model.graph().outputs()) {
                        compare(path + " " + output, (OnnxTensor) theirs.get(output).orElseThrow(), ours.get(output));
                    }
                }
                fed.values().forEach(OnnxTensor::close);
            }
        }
    }

    private static void compare(String name, OnnxTensor expected, Tensor actual) {
        assertEquals(Arrays.toString(expected.getInfo().getShape()), actual.shape().toString(), name);
        FloatBuffer wanted = expected.getFloatBuffer();
        double magnitude = 0;
        double difference = 0;
        for (int i = 0; i < actual.size(); i++) {
            magnitude = Math.max(magnitude, Math.abs(wanted.get(i)));
            difference = Math.max(difference, Math.abs((double) wanted.get(i) - actual.data()[i]));
        }
        assertTrue(difference <= TOLERANCE * magnitude, name + ": differs by " + difference + " of " + magnitude);
    }
}
