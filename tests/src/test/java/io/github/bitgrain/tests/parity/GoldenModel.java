package io.github.bitgrain.tests.parity;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A network of golden/esp-ppq with its data, preprocessed and batched as the reference runs were. */
public record GoldenModel(String name, Model model, DataSource calibration, int batch, Map<String, Tensor> fixed) {
    private static final Map<String, Integer> BATCH = Map.of("mbv2", 8, "yolo", 4);

    /** The network of a name. */
    public static GoldenModel of(String name) {
        Path folder = SharedData.path("golden/esp-ppq");
        if (name.matches("zoo_.*|gru|lstm")) {
            return samples(name, folder);
        }
        String data = name.equals("lenet_imb") ? "lenet" : name;
        return new GoldenModel(name, OnnxReader.read(folder.resolve("models/" + name + ".onnx")),
                images(folder.resolve("data/" + data + "/calib_x.npy")), BATCH.getOrDefault(name, 16),
                images(folder.resolve("data/" + data + "/val_x.npy")).read(0, 4));
    }

    /** Networks whose data are inputs as they are: samples 0 to 15 calibrate, 32 and 33 are the fixed inputs. */
    private static GoldenModel samples(String name, Path folder) {
        Path path = folder.resolve("models/" + name + ".onnx");
        Model model = OnnxReader.read(path);
        Npy file = Npy.read(folder.resolve("data/" + name + "/x.npy"));
        Shape input = model.graph().inputs().get("x");
        DataSource all = wholeInputs(new Tensor(Shape.of(file.shape()), file.floats()), input);
        return new GoldenModel(name, model, all.range(0, 16), 1, all.read(32, 1));
    }

    /** Samples that have the model's whole input shape, batch or time included: each is a batch of its own. */
    private static DataSource wholeInputs(Tensor samples, Shape input) {
        int size = input.size();
        return new DataSource() {
            @Override
            public Map<String, Shape> sampleShapes() {
                return Map.of("x", input.without(0));
            }

            @Override
            public int samples() {
                return samples.size() / size;
            }

            @Override
            public Map<String, Tensor> read(int first, int count) {
                if (count != 1) {
                    throw new IllegalArgumentException("one sample at a time");
                }
                return Map.of("x", new Tensor(input, Arrays.copyOfRange(samples.data(), first * size, (first + 1) * size)));
            }
        };
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
