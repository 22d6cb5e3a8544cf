package io.github.bitgrain.tests.parity;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.nio.file.Path;
import java.util.Map;

/** A network of golden/esp-ppq with its data, preprocessed and batched as the reference runs were. */
record GoldenModel(String name, Model model, DataSource calibration, int batch, Map<String, Tensor> fixed) {
    static GoldenModel of(String name) {
        Path folder = SharedData.path("golden/esp-ppq");
        String data = name.equals("lenet_imb") ? "lenet" : name;
        return new GoldenModel(name, OnnxReader.read(folder.resolve("models/" + name + ".onnx")),
                images(folder.resolve("data/" + data + "/calib_x.npy")), name.equals("mbv2") ? 8 : 16,
                images(folder.resolve("data/" + data + "/val_x.npy")).read(0, 4));
    }

    /** {@code (u8 / 255 − 0.5) / 0.25}. */
    static DataSource images(Path file) {
        Npy pixels = Npy.read(file);
        float[] values = pixels.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] / 255f - 0.5f) / 0.25f;
        }
        return DataSource.of(Map.of("x", new Tensor(Shape.of(pixels.shape()), values)));
    }
}
