package io.github.bitgrain.cli.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.cli.metric.Metrics.Column;
import io.github.bitgrain.cli.metric.Metrics.NetworkShape;
import io.github.bitgrain.cli.metric.Metrics.Truth;
import io.github.bitgrain.core.BitgrainException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static Column column(long... values) {
        return new Column("c.npy", values.length, values);
    }

    private static NetworkShape classes(int n) {
        return new NetworkShape(List.of(n), 1, 4);
    }

    private static Map<String, Double> measure(Metrics metrics, float[][] outputs, float[][] others) {
        for (int i = 0; i < outputs.length; i++) {
            metrics.add(new Prediction(i, others == null ? null : others[i], outputs[i], others == null ? null : others[i]));
        }
        return metrics.values();
    }

    @Test
    void tiesGoToTheLowestIndex() {
        float[][] outputs = {{1, 3, 3}, {1, 3, 3}, {0, 0, 0}};
        Metrics metrics = Metrics.of(List.of("top1"), new Truth(3, column(1, 2, 0), null, false), classes(3));
        assertEquals(Map.of("top1", 2 / 3.0), measure(metrics, outputs, null));
    }

    @Test
    void topFiveCountsTheFiveLargest() {
        float[][] outputs = {{9, 8, 7, 6, 5, 4}, {9, 8, 7, 6, 5, 5}, {1, 1, 1, 1, 1, 1}};
        Metrics metrics = Metrics.of(List.of("top5"), new Truth(3, column(4, 5, 4), null, false), classes(6));
        assertEquals(2 / 3.0, measure(metrics, outputs, null).get("top5"));
    }

    /** Row 1: softmax 1/4, 3/4, row 2: 1/2, 1/2. */
    @Test
    void natsAreTheMeanLogarithmOfTheTrueClass() {
        Truth truth = new Truth(1, new Column("c.npy", 1, new long[] {1, 0}), null, false);
        Metrics metrics = Metrics.of(List.of("nats", "perplexity"), truth, new NetworkShape(List.of(2, 2), 1, 2));
        Map<String, Double> values = measure(metrics, new float[][] {{1000, 1000 + (float) Math.log(3), 5, 5}}, null);
        assertEquals((Math.log(4 / 3.0) + Math.log(2)) / 2, values.get("nats"), 1e-4);
        assertEquals(Math.sqrt(8 / 3.0), values.get("perplexity"), 1e-4);
    }

    @Test
    void eachTokenOfALanguageModelIsARow() {
        Truth truth = new Truth(1, new Column("c.npy", 1, new long[] {0, 1}), null, false);
        Metrics metrics = Metrics.of(List.of("top1"), truth, new NetworkShape(List.of(2, 3), 1, 2));
        assertEquals(0.5, measure(metrics, new float[][] {{5, 1, 1, 5, 1, 1}}, null).get("top1"));
    }

    @Test
    void rankCorrelationComparesTheScoresOfGroups() {
        // Scores (mean squared difference to the input 0): groups 7, 8, 9 give 1, 4, 9 and, in the reference, 4, 4, 1.
        Truth truth = new Truth(4, null, column(7, 7, 8, 9), true);
        Metrics metrics = Metrics.of(List.of("spearman"), truth, new NetworkShape(List.of(1), 1, 1));
        float[][] outputs = {{1}, {-1}, {2}, {3}};
        float[][] references = {{2}, {2}, {2}, {1}};
        for (int i = 0; i < 4; i++) {
            metrics.add(new Prediction(i, new float[] {0}, outputs[i], references[i]));
        }
        // Ranks 0, 1, 2 against 1.5, 1.5, 0: covariance -1.5, variances 2 and 1.5.
        assertEquals(-1.5 / Math.sqrt(3), metrics.values().get("spearman"), 1e-12);
    }

    @Test
    void aNetworkThatEndsInPoolingHasItsClassesInFront() {
        Metrics metrics = Metrics.of(List.of("top1"), new Truth(1, column(2), null, false),
                new NetworkShape(List.of(3, 1, 1), 1, 2));
        assertEquals(1.0, measure(metrics, new float[][] {{1, 2, 3}}, null).get("top1"));
    }

    @Test
    void errorsAreMeansOverTheSamples() {
        Metrics metrics = Metrics.of(List.of(), new Truth(2, null, null, true), classes(2));
        Map<String, Double> values = measure(metrics, new float[][] {{1, 0}, {0, 2}}, new float[][] {{1, 0}, {0, 1}});
        assertEquals(List.of("agreement", "mse", "snr", "cosine"), List.copyOf(values.keySet()));
        assertEquals(1.0, values.get("agreement"));
        assertEquals(0.25, values.get("mse"));
        assertEquals(0.5, values.get("snr"), 1e-6);
        assertEquals(1.0, values.get("cosine"), 1e-12);
    }

    @Test
    void areaUnderTheCurveEqualsItsDefinitionOverPairs() {
        Random random = new Random(4);
        int samples = 300;
        long[] groups = new long[samples];
        long[] labels = new long[60];
        float[][] outputs = new float[samples][1];
        double[] sums = new double[60];
        for (int i = 0; i < samples; i++) {
            groups[i] = i % 60 * 7L;
            outputs[i][0] = random.nextInt(4);
            sums[i % 60] += outputs[i][0] * outputs[i][0];
        }
        for (int g = 0; g < 60; g++) {
            labels[g] = random.nextInt(2);
        }
        double wins = 0;
        long pairs = 0;
        for (int a = 0; a < 60; a++) {
            for (int b = 0; b < 60; b++) {
                if (labels[a] == 1 && labels[b] == 0) {
                    pairs++;
                    wins += sums[a] > sums[b] ? 1 : sums[a] == sums[b] ? 0.5 : 0;
                }
            }
        }
        Metrics metrics = Metrics.of(List.of(), new Truth(samples, column(labels), column(groups), false),
                new NetworkShape(List.of(1), 1, 1));
        double auc = measure(metrics, outputs, new float[samples][1]).get("auc");
        assertEquals(wins / pairs, auc, 1e-12);
    }

    private static String refused(String name, Truth truth, NetworkShape shape) {
        return assertThrows(BitgrainException.class,
                () -> Metrics.of(name.isEmpty() ? List.of() : List.of(name), truth, shape)).getMessage();
    }

    @Test
    void whatAMetricNeedsIsNamedWhenMissing() {
        Truth none = Truth.none(3);
        assertTrue(refused("", none, classes(2)).contains("--labels FILE.npy or --reference"));
        assertTrue(refused("top1", none, classes(2)).contains("--labels"));
        assertTrue(refused("snr", none, classes(2)).contains("--reference"));
        assertTrue(refused("tpo1", none, classes(2)).contains("did you mean 'top1'?"));
        assertTrue(refused("map50", none, classes(2)).contains("--decoder ltrb, xywh"));
        assertTrue(refused("nats", none, classes(2)).contains("--labels"));
        Truth labels = new Truth(3, column(0, 1, 0), null, false);
        assertTrue(refused("top1", labels, classes(1)).contains("scores per class"));
        assertTrue(refused("top1", new Truth(3, column(0, 1), null, false), classes(2)).contains("has 2 labels, the data has 3"));
        assertTrue(refused("top1", new Truth(3, column(0, 1, 2), null, false), classes(2)).contains("label 2 is outside"));
        assertTrue(refused("auc", labels, classes(2)).contains("has another size than its input"));
    }

    @Test
    void groupsAndLabelsMustFit() {
        NetworkShape same = classes(4);
        assertTrue(refused("auc", new Truth(3, column(0, 1), null, false), same).contains("give --groups"));
        assertTrue(refused("auc", new Truth(3, column(0, 1), column(0, 0), false), same).contains("has 2 entries"));
        assertTrue(refused("auc", new Truth(3, column(0, 1), column(0, 1, 2), false), same).contains("3 different groups"));
        assertTrue(refused("auc", new Truth(3, column(0, 3), column(0, 1, 1), false), same).contains("neither 0 nor 1"));
        assertTrue(refused("auc", new Truth(3, column(1, 1), column(0, 1, 1), false), same).contains("needs both labels"));
    }
}
