package io.github.bitgrain.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchmarkNetworksTest {
    @Test
    void mobileNetV2HasThePublishedNumberOfParameters() {
        // torchvision's 3,504,872, less one of the two parameters per channel of 52 normalizations (17,056 channels).
        assertEquals(3_504_872 - 17_056, parameters(BenchmarkNetworks.mobileNetV2(224, 1)));
    }

    @Test
    void detectorReducesItsImageToThreeMaps() {
        Model model = BenchmarkNetworks.yolo26n(640);
        Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters());
        assertEquals(List.of(Shape.of(1, 84, 80, 80), Shape.of(1, 84, 40, 40), Shape.of(1, 84, 20, 20)),
                model.graph().outputs().stream().map(shapes::get).toList());
        long macs = 0;
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Conv) {
                Shape w = shapes.get(node.input(1));
                macs += (long) shapes.get(node.output()).size() * w.size() / w.dim(0);
            }
        }
        // Published: 5.4 Gflop with one of the two heads.
        assertEquals(2.7e9, macs, 0.3e9);
    }

    @Test
    void networksComeBackFromTheirOnnxFiles() {
        for (Model model : List.of(BenchmarkNetworks.mobileNetV2(64, 0.5), BenchmarkNetworks.yolo26n(64))) {
            Model read = OnnxReader.read("again", Path.of(""), OnnxWriter.write(model));
            Tensor image = new Tensor(Shape.of(1, 3, 64, 64), Implementations.noise(3 * 64 * 64));
            try (Executor first = new Executor(model); Executor second = new Executor(read)) {
                Tensor[] expected = first.run(Map.of("image", image)).values().toArray(Tensor[]::new);
                Tensor[] actual = second.run(Map.of("image", image)).values().toArray(Tensor[]::new);
                for (int i = 0; i < expected.length; i++) {
                    assertArrayEquals(expected[i].data(), actual[i].data(), 1e-4f);
                }
            }
        }
    }

    /** Every network is computed in little more memory than its values need that are alive at once. */
    @Test
    void memoryIsNearTheLeast() {
        for (Model model : List.of(BenchmarkNetworks.mobileNetV2(224, 1), BenchmarkNetworks.mobileNetV2(224, 0.5), BenchmarkNetworks.yolo26n(512),
                BenchmarkNetworks.yolo26n(640))) {
            for (int batch : new int[] {1, 4}) {
                try (Executor executor = new Executor(model)) {
                    Executor.Storage storage = executor.storage(batch);
                    assertTrue(storage.least() > 0 && storage.floats() <= 1.15 * storage.least(), model.graph().name() + ": " + storage);
                }
            }
        }
    }

    private static int parameters(Model model) {
        return model.parameters().names().stream().mapToInt(name -> model.parameters().get(name).size()).sum();
    }
}
