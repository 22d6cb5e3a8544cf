package io.github.bitgrain.tests.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.kernels.FakeQuantization;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.observe.Observers;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code isotone} keeps the largest of the logits at least as often as every other algorithm. */
class FirstPlacesTest {
    /** Inside the network first places are worth less than the error: kept everywhere, the keyword spotter agrees on 86 % instead of 97.5 %. */
    @Test
    void hiddenValuesAreCalibratedByError() {
        GoldenModel golden = GoldenModel.of("lenet");
        QuantPlan error = plan(golden.model(), golden.calibration(), golden.batch(), Observers.MSE);
        QuantPlan order = plan(golden.model(), golden.calibration(), golden.batch(), Observers.ISOTONE);
        List<Slot> moved = error.slots().stream().filter(slot -> error.quantizes(slot) && !error.exponents(slot).equals(order.exponents(slot))).toList();
        assertEquals(List.of(result(golden.model())), moved);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet", "stories260k_transformer"})
    void noAlgorithmKeepsTheLargestLogitMoreOften(String name) {
        Model model;
        DataSource samples;
        int batch;
        if (name.equals("lenet")) {
            GoldenModel golden = GoldenModel.of(name);
            model = golden.model();
            samples = golden.calibration();
            batch = golden.batch();
        } else {
            Path folder = SharedData.path("models/" + name);
            model = OnnxReader.read(folder.resolve("model.onnx"));
            Npy tokens = Npy.read(folder.resolve("calib.npy"));
            samples = DataSource.of(Map.of("tokens", new Tensor(Shape.of(tokens.shape()), tokens.floats()))).range(0, 16);
            batch = 1;
        }
        Map<String, Integer> kept = new LinkedHashMap<>();
        Map<Integer, Integer> byExponent = new LinkedHashMap<>();
        for (String algorithm : Observers.NAMES) {
            int exponent = plan(model, samples, batch, algorithm).exponents(result(model)).single();
            kept.put(algorithm, byExponent.computeIfAbsent(exponent, e -> kept(model, samples, batch, e)));
        }
        kept.forEach((algorithm, count) -> assertTrue(kept.get(Observers.ISOTONE) >= count, kept + " by exponent " + byExponent));
        // lenet: 255 of 256 samples, 254 under mse; the transformer: 983 of 1,024 positions, 944 under kl.
        assertTrue(kept.get(Observers.ISOTONE) > Collections.min(kept.values()), kept + " by exponent " + byExponent);
    }

    private static Slot result(Model model) {
        return Slot.output(model.graph().producer(model.graph().outputs().getFirst()).name(), 0);
    }

    private static QuantPlan plan(Model model, DataSource samples, int batch, String algorithm) {
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32S3).calibration(algorithm).calibBatch(batch).build();
        return Bitgrain.quantize(model, samples, options, QuantizationListener.NONE).plan();
    }

    /** How many rows of logits have one largest value, the same as before, once they are rounded. */
    private static int kept(Model model, DataSource samples, int batch, int exponent) {
        int count = 0;
        try (Executor executor = new Executor(model.graph(), model.parameters(), Executor.Options.defaults())) {
            for (Map<String, Tensor> inputs : samples.batches(batch)) {
                Tensor logits = executor.run(inputs).values().iterator().next();
                float[] rounded = new float[logits.size()];
                Kernels.floats().fakeQuantize(rounded.length, logits.data(), 0, rounded, 0, exponent, FakeQuantization.qmin(8),
                        FakeQuantization.qmax(8), Target.ESP32S3.rounding());
                int row = logits.shape().dim(logits.shape().rank() - 1);
                for (int from = 0; from < rounded.length; from += row) {
                    int first = largest(logits.data(), from, row);
                    boolean alone = true;
                    for (int i = from; i < from + row; i++) {
                        alone &= i == first || rounded[i] < rounded[first];
                    }
                    count += alone ? 1 : 0;
                }
            }
        }
        return count;
    }

    private static int largest(float[] values, int from, int count) {
        int best = from;
        for (int i = from; i < from + count; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
