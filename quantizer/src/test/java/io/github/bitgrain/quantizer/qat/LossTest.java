package io.github.bitgrain.quantizer.qat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.nn.Conv2d;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.qat.TrainingParams.Keep;
import io.github.bitgrain.quantizer.qat.TrainingParams.Kind;
import io.github.bitgrain.quantizer.qat.TrainingParams.Optimization;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses and metrics of row 40 and 41 of the toolkit's checklist, by hand in double precision. */
class LossTest {
    private static final Shape SHAPE = Shape.of(2, 3, 2, 2);

    private static Tensor noise(Shape shape, long seed, double scale) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) (scale * random.nextGaussian());
        }
        return tensor;
    }

    private static double value(Loss loss, Tensor logits, Tensor targets) {
        Graph graph = Graph.builder("g").input("x", logits.shape()).node("n", new Identity(), List.of("x"), "y").output("y").build();
        Model model = loss.append(new Model(graph, new Parameters()), logits.shape());
        Map<String, Tensor> inputs = new HashMap<>(loss.targets(new TrainingData.Batch(Map.of("x", logits), targets), logits.shape(), null));
        inputs.put("x", logits);
        try (Executor executor = new Executor(model)) {
            return executor.run(inputs).values().iterator().next().data()[0];
        }
    }

    private static double binaryCrossEntropy(float[] x, float[] t) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double p = 1 / (1 + Math.exp(-x[i]));
            sum -= t[i] * Math.log(p) + (1 - t[i]) * Math.log(1 - p);
        }
        return sum / x.length;
    }

    private static double dice(float[] x, float[] t, int n, int channels, int positions) {
        double[] both = new double[channels];
        double[] either = new double[channels];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < positions; k++) {
                double norm = 0;
                for (int c = 0; c < channels; c++) {
                    norm += Math.exp(x[(i * channels + c) * positions + k]);
                }
                for (int c = 0; c < channels; c++) {
                    int at = (i * channels + c) * positions + k;
                    double p = channels == 1 ? 1 / (1 + Math.exp(-x[at])) : Math.exp(x[at]) / norm;
                    both[c] += p * t[at];
                    either[c] += p + t[at];
                }
            }
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            sum += 1 - (2 * both[c] + 1) / (either[c] + 1 + 1e-5);
        }
        return sum / channels;
    }

    private static Tensor shares(Shape shape) {
        Tensor t = noise(shape, 4, 1);
        for (int i = 0; i < t.size(); i++) {
            t.data()[i] = (float) (1 / (1 + Math.exp(-t.data()[i])));
        }
        return t;
    }

    @Test
    void binaryCrossEntropyFollowsTheFormulaAlsoFarOut() {
        Tensor logits = noise(SHAPE, 1, 2);
        Tensor targets = shares(SHAPE);
        assertEquals(binaryCrossEntropy(logits.data(), targets.data()), value(Loss.binaryCrossEntropy(), logits, targets), 1e-6);
        Tensor far = new Tensor(Shape.of(1, 2), new float[] {200f, -200f});
        assertEquals(200, value(Loss.binaryCrossEntropy(), far, new Tensor(Shape.of(1, 2), new float[] {0f, 1f})), 1e-4);
        assertEquals(0, value(Loss.binaryCrossEntropy(), far, new Tensor(Shape.of(1, 2), new float[] {1f, 0f})), 1e-6);
    }

    @Test
    void diceFollowsTheFormula() {
        Tensor logits = noise(SHAPE, 1, 2);
        Tensor targets = shares(SHAPE);
        assertEquals(dice(logits.data(), targets.data(), 2, 3, 4), value(Loss.dice(), logits, targets), 1e-6);
        Tensor single = noise(Shape.of(2, 1, 3, 3), 2, 1);
        assertEquals(dice(single.data(), shares(single.shape()).data(), 2, 1, 9), value(Loss.dice(), single, shares(single.shape())), 1e-6);
    }

    @Test
    void classMapsBecomeOnesAmongZeros() {
        Tensor logits = noise(SHAPE, 1, 2);
        float[] classes = {0, 2, 1, 1, 2, 2, 0, 1};
        Tensor ones = Tensor.zeros(SHAPE);
        for (int i = 0; i < classes.length; i++) {
            ones.data()[(i / 4 * 3 + (int) classes[i]) * 4 + i % 4] = 1;
        }
        Tensor map = new Tensor(Shape.of(2, 2, 2), classes);
        for (Loss loss : List.of(Loss.dice(), Loss.binaryCrossEntropy())) {
            assertEquals(value(loss, logits, ones), value(loss, logits, map));
        }
        map.data()[3] = 3;
        assertTrue(assertThrows(BitgrainException.class, () -> value(Loss.dice(), logits, map)).getMessage().contains("a position has class 3; the network has 3"));
    }

    /** One step of descent moves a weight by the derivative, measured by differences. */
    @ParameterizedTest
    @ValueSource(strings = {"BCE", "DICE"})
    void gradientsAreTheDerivatives(String kind) {
        Loss loss = kind.equals("BCE") ? Loss.binaryCrossEntropy() : Loss.dice();
        Tensor x = noise(SHAPE, 5, 1);
        Tensor targets = shares(SHAPE);
        Tensor weight = noise(Shape.of(3, 3, 1, 1), 6, 0.5);
        Conv op = new Conv(new Size(1, 1), Pads.NONE, Size.ONE, 1);
        Conv2d layer = new Conv2d(op, weight.copy(), null);
        TrainingData data = new TrainingData(DataSource.of(Map.of(Network.INPUT, x)), targets);
        TrainingParams params = TrainingParams.of(1, 2, loss, LearningRate.constant(1)).optimizer(new Optimization(Kind.SGD, 0, false, 0, false))
                .watching(Metric.LOSS, 0, Keep.LAST);
        new Trainer(new ModuleTrainee(layer, Shape.of(1, 3, 2, 2)), data, data, params, TrainingListener.NONE).train();
        for (int i = 0; i < weight.size(); i++) {
            double[] at = new double[2];
            for (int side = 0; side < 2; side++) {
                float[] moved = weight.data().clone();
                moved[i] += side == 0 ? -1e-3f : 1e-3f;
                float[] y = new float[SHAPE.size()];
                for (int k = 0; k < y.length; k++) {
                    int n = k / 12;
                    int c = k / 4 % 3;
                    for (int from = 0; from < 3; from++) {
                        y[k] += moved[c * 3 + from] * x.data()[(n * 3 + from) * 4 + k % 4];
                    }
                }
                at[side] = kind.equals("BCE") ? binaryCrossEntropy(y, targets.data()) : dice(y, targets.data(), 2, 3, 4);
            }
            assertEquals((at[1] - at[0]) / 2e-3, weight.data()[i] - layer.weight().data()[i], 2e-4, "weight " + i);
        }
    }

    /** (1 − α) · cross entropy of the labels + α T² · cross entropy of the teacher's softmax at temperature T (Hinton et al. 2015). */
    @Test
    void distillationFollowsTheFormula() {
        Shape shape = Shape.of(2, 3);
        Tensor student = noise(shape, 1, 1);
        Tensor teacher = noise(shape, 2, 1);
        Graph graph = Graph.builder("t").input("x", shape).node("n", new Identity(), List.of("x"), "y").output("y").build();
        Loss loss = Loss.distillation(new Model(graph, new Parameters()), 0.3, 2);
        Model model = loss.append(new Model(graph, new Parameters()), shape);
        double expected = 0;
        for (int n = 0; n < 2; n++) {
            double[] plain = logSoftmax(student.data(), n * 3, 1);
            double[] soft = logSoftmax(student.data(), n * 3, 2);
            double[] answers = logSoftmax(teacher.data(), n * 3, 2);
            expected -= 0.7 * plain[n] / 2;
            for (int c = 0; c < 3; c++) {
                expected -= 0.3 * 4 * Math.exp(answers[c]) * soft[c] / 2;
            }
        }
        try (Executor teaching = new Executor(new Model(graph, new Parameters())); Executor executor = new Executor(model)) {
            Map<String, Tensor> inputs = new HashMap<>(loss.targets(new TrainingData.Batch(Map.of("x", teacher), Tensor.vector(0, 1)), shape, teaching));
            inputs.put("x", student);
            assertEquals(expected, executor.run(inputs).values().iterator().next().data()[0], 1e-6);
        }
    }

    private static double[] logSoftmax(float[] x, int from, double temperature) {
        double norm = 0;
        for (int c = 0; c < 3; c++) {
            norm += Math.exp(x[from + c] / temperature);
        }
        double[] logs = new double[3];
        for (int c = 0; c < 3; c++) {
            logs[c] = x[from + c] / temperature - Math.log(norm);
        }
        return logs;
    }

    @Test
    void aTeacherIsForCrossEntropyAndSquaredErrorAlone() {
        Model any = new Model(Graph.builder("g").input("x", SHAPE).node("n", new Identity(), List.of("x"), "y").output("y").build(), new Parameters());
        assertTrue(assertThrows(BitgrainException.class, () -> new Loss(Loss.Kind.DICE, 0, null, Loss.IGNORE, any, 0.5, 1)).getMessage().contains("has no teacher"));
    }

    /** Intersection over union, over batches, classes that never occur left out, ignored positions too. */
    @Test
    void meanIntersectionOverUnionCountsOverAllBatches() {
        Metric.Accumulator metric = Metric.parse("mIoU").accumulator();
        int[][] found = {{0, 0, 1, 1}, {1, 1, 1, 0}};
        float[][] wanted = {{0, 1, 1, -100}, {1, 0, 1, 0}};
        for (int n = 0; n < 2; n++) {
            Tensor outputs = Tensor.zeros(Shape.of(1, 4, 2, 2));
            for (int k = 0; k < 4; k++) {
                outputs.data()[found[n][k] * 4 + k] = 1;
            }
            metric.add(outputs, new Tensor(Shape.of(1, 2, 2), wanted[n]), 0);
        }
        // Class 0: 2 of 4 positions; class 1: 3 of 5.
        assertEquals((2.0 / 4 + 3.0 / 5) / 2, metric.value(), 1e-12);
        assertTrue(Metric.MIOU.greaterIsBetter());
    }
}
