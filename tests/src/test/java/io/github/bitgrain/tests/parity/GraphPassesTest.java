package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.testing.SharedData;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraphPassesTest {
    @ParameterizedTest
    @ValueSource(strings = {"models/resnet8_cifar10/model", "models/mobilenetv1_025_imagenet/model", "models/dscnn_kws/model",
            "models/autoencoder_toycar/model", "models/ultraface_rfb320/model", "golden/esp-ppq/models/yolo"})
    void passesChangeNoResult(String name) {
        Model model = OnnxReader.read(SharedData.path(name + ".onnx"));
        Model passed = GraphPasses.apply(model);
        String input = model.graph().inputs().keySet().iterator().next();
        Shape shape = model.graph().inputs().get(input);
        SplittableRandom random = new SplittableRandom(7);
        float[] x = new float[shape.size()];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (4 * random.nextDouble() - 2);
        }
        Map<String, Tensor> data = Map.of(input, new Tensor(shape, x));
        try (Executor before = new Executor(model); Executor after = new Executor(passed)) {
            Map<String, Tensor> expected = before.run(data);
            after.run(data).forEach((output, tensor) -> assertClose(output, expected.get(output).data(), tensor.data()));
        }
        assertTrue(passed.graph().nodes().stream().noneMatch(node -> node.op() instanceof BatchNorm));
    }

    @Test
    void swishOfTheReferenceNetworkIsFused() {
        Model passed = GraphPasses.apply(OnnxReader.read(SharedData.path("golden/esp-ppq/models/yolo.onnx")));
        long swishes = passed.graph().nodes().stream().map(Node::op).filter(op -> op.onnxType().equals("Swish")).count();
        long sigmoids = passed.graph().nodes().stream().filter(node -> node.op() instanceof Sigmoid).count();
        assertEquals(37, swishes);
        assertEquals(1, sigmoids);
    }

    private static void assertClose(String name, float[] expected, float[] actual) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        assertTrue(difference <= 1e-4 * largest, name + ": " + difference + " of " + largest);
    }
}
