package io.github.bitgrain.cli.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.network.FloatNetwork;
import io.github.bitgrain.cli.network.Network;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.analyze.DataLint;
import io.github.bitgrain.testing.SharedData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trained networks with data as their authors treated them, and with what people get wrong. */
class RealDataLintTest {
    private static final String MODELS = "models/";
    private static final int DRAWS = 25;
    private static final String ESP_PPQ = "golden/esp-ppq/";

    private static List<String> given(String option) {
        return option == null ? List.of() : List.of(option);
    }

    private static List<String> lint(String model, String data, String scale, String mean, String std, boolean swapped) {
        Model network = OnnxReader.read(SharedData.path(model));
        try (Network inputs = new FloatNetwork(network, 1);
                InputData samples = InputData.open(SharedData.path(data), inputs.inputs(), Preprocessing.parse(given(scale), given(mean), given(std)))) {
            DataSource seen = swapped ? samples.map(RealDataLintTest::turned) : samples;
            return DataLint.warnings(network, seen, samples.variants(), 2);
        }
    }

    private static List<String> lint(String name, String data, String scale, String mean, String std) {
        return lint(MODELS + name + "/model.onnx", MODELS + name + "/" + data + ".npy", scale, mean, std, false);
    }

    private static Map<String, Tensor> turned(Map<String, Tensor> batch) {
        Map<String, Tensor> turned = new LinkedHashMap<>();
        batch.forEach((name, tensor) -> {
            float[] values = tensor.data().clone();
            int plane = tensor.size() / tensor.shape().dim(0) / 3;
            for (int i = 0; i < values.length; i++) {
                int channel = i / plane % 3;
                values[i] = tensor.data()[i + (2 - 2 * channel) * plane];
            }
            turned.put(name, new Tensor(tensor.shape(), values));
        });
        return turned;
    }

    @ParameterizedTest
    @CsvSource({"resnet8_cifar10, 1, , ", "mobilenetv1_025_imagenet, 1/127.5, 1, ", "ultraface_rfb320, 1, 127, 128", "dscnn_kws, , , ", "autoencoder_toycar, , , ",
        "mnist_lstm, 1/255, , "})
    void theirOwnDataPassWithoutAWord(String name, String scale, String mean, String std) {
        assertEquals(List.of(), lint(name, "calib", scale, mean, std));
        assertEquals(List.of(), lint(name, "eval", scale, mean, std));
    }

    @ParameterizedTest
    @CsvSource({"lenet, lenet", "lenet_imb, lenet", "mbv2, mbv2", "yolo, yolo"})
    void networksWithoutNormsPassWithoutAWord(String name, String data) {
        assertEquals(List.of(), lint(ESP_PPQ + "models/" + name + ".onnx", ESP_PPQ + "data/" + data + "/calib_x.npy", "1/255", "0.5", "0.25", false));
    }

    @ParameterizedTest
    @CsvSource({
        // Scale wrong by 255.
        "resnet8_cifar10, 1/255, , , --scale 1 ", "dscnn_kws, 255, , , --scale 1 ", "dscnn_kws, 1/255, , , --scale 1 ", "autoencoder_toycar, 255, , , --scale 1 ",
        "autoencoder_toycar, 1/255, , , --scale 1 ", "mobilenetv1_025_imagenet, 1, , , --scale 1/127.5 --mean 1 ", "ultraface_rfb320, 1, , , --scale 1/127.5 --mean 1 ",
        // Mean left out, or another.
        "mobilenetv1_025_imagenet, 1/255, , , --scale 1/127.5 --mean 1 ", "ultraface_rfb320, 1/255, , , --scale 1/127.5 --mean 1 ",
        "resnet8_cifar10, 1, 128, , --scale 1 ",
        "'mobilenetv1_025_imagenet', 1/255, '0.485,0.456,0.406', '0.229,0.224,0.225', --scale 1/127.5 --mean 1 "})
    void whatPeopleGetWrongIsNamedWithTheOptionsThatMendIt(String name, String scale, String mean, String std, String options) {
        List<String> said = lint(name, "calib", scale, mean, std);
        assertTrue(said.size() == 1 && said.getFirst().contains("; try " + options.strip() + " alone (off by "), said::toString);
    }

    @ParameterizedTest
    @CsvSource({"resnet8_cifar10, 1, , ", "mobilenetv1_025_imagenet, 1/127.5, 1, ", "ultraface_rfb320, 1, 127, 128"})
    void swappedChannelsAreNamed(String name, String scale, String mean, String std) {
        for (String data : List.of("calib", "eval")) {
            List<String> said = lint(MODELS + name + "/model.onnx", MODELS + name + "/" + data + ".npy", scale, mean, std, true);
            assertTrue(said.size() == 1 && said.getFirst().contains("the channels look swapped (RGB and BGR)"), said::toString);
        }
    }

    /** Of how many random choices of pictures it is said (docs/analyze.md). */
    @ParameterizedTest
    @CsvSource({"resnet8_cifar10, 1, , 16, 9", "resnet8_cifar10, 1, , 32, 14", "resnet8_cifar10, 1, , 64, 22", "mobilenetv1_025_imagenet, 1/127.5, 1, 16, 20",
        "mobilenetv1_025_imagenet, 1/127.5, 1, 32, 24"})
    void onlyPicturesInWrongOrderAreCalledSwapped(String name, String scale, String mean, int pictures, int named) {
        int turned = 0;
        Model network = OnnxReader.read(SharedData.path(MODELS + name + "/model.onnx"));
        Random random = new Random(1);
        try (Network inputs = new FloatNetwork(network, 1); InputData samples = InputData.open(SharedData.path(MODELS + name + "/eval.npy"), inputs.inputs(),
                Preprocessing.parse(given(scale), given(mean), List.of()))) {
            for (int draw = 0; draw < DRAWS; draw++) {
                DataSource drawn = drawn(samples, random.ints(pictures, 0, samples.samples()).toArray());
                assertEquals(List.of(), DataLint.warnings(network, drawn, samples.variants(), 2));
                turned += DataLint.warnings(network, drawn.map(RealDataLintTest::turned), samples.variants(), 2).size();
            }
        }
        assertEquals(named, turned, 2);
    }

    /** CIFAR-10 has aeroplanes as 0 and ships as 8: skies and seas, the price of the above. */
    @Test
    void picturesOfAKindThatIsBlueAreCalledSwapped() {
        Model network = OnnxReader.read(SharedData.path(MODELS + "resnet8_cifar10/model.onnx"));
        List<Integer> called = new ArrayList<>();
        try (Network inputs = new FloatNetwork(network, 1); InputData samples = InputData.open(SharedData.path(MODELS + "resnet8_cifar10/eval2.npy"),
                inputs.inputs(), Preprocessing.parse(List.of("1"), List.of(), List.of()))) {
            for (int kind = 0; kind < 10; kind++) {
                if (!DataLint.warnings(network, samples.range(100 * kind, 100), samples.variants(), 2).isEmpty()) {
                    called.add(kind);
                }
            }
        }
        assertEquals(List.of(0, 8), called);
    }

    private static DataSource drawn(DataSource all, int[] samples) {
        return all.withSamples(samples.length, (first, count) -> {
            assertEquals(1, count);
            return all.read(samples[first], 1);
        });
    }

    /** The mean colour of CIFAR-10's training pictures, as everybody subtracts it: 0.4914, 0.4822, 0.4465. */
    @Test
    void meansOfTrainingAreRead() {
        String said = lint(MODELS + "resnet8_cifar10/model.onnx", MODELS + "resnet8_cifar10/calib.npy", "1", null, null, true).getFirst();
        assertTrue(said.contains("their means were 125, 122, 113 in training and are 111, 120, 125 in the data"), said);
    }

    /** Networks whose norms were folded at export tell little; what is certain is said. */
    @ParameterizedTest
    @CsvSource({"lenet", "mbv2", "yolo"})
    void bytesForANetworkOfSmallNumbersAreNamedWithoutNorms(String name) {
        List<String> said = lint(ESP_PPQ + "models/" + name + ".onnx", ESP_PPQ + "data/" + name + "/calib_x.npy", "1", null, null, false);
        assertTrue(said.size() == 1 && said.getFirst().startsWith("input \"x\" reaches 255, beside which the biases of "), said::toString);
    }
}
