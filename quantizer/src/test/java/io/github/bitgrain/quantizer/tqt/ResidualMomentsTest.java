package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ResidualMomentsTest {
    private static LayerColumns layer(Op op, Shape weights) {
        return new LayerColumns(new Node("layer", op, List.of("x", "w", "b"), List.of("y")), weights);
    }

    /** Rows of three columns with means of their own; the second follows the first. */
    private static Tensor rows(int count, SplittableRandom random) {
        float[] values = new float[3 * count];
        for (int i = 0; i < count; i++) {
            double common = random.nextGaussian();
            values[3 * i] = (float) (100 + common);
            values[3 * i + 1] = (float) (-50 + 0.8 * common + 0.6 * random.nextGaussian());
            values[3 * i + 2] = (float) (7 + random.nextGaussian());
        }
        return new Tensor(Shape.of(count, 3), values);
    }

    /** What is wanted: 2 x0 + 0.5 x2 + 3, where the weights are 1, 0, 0. */
    private static Tensor wanted(Tensor x) {
        float[] values = new float[x.shape().dim(0)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * x.data()[3 * i] + 0.5f * x.data()[3 * i + 2] + 3;
        }
        return new Tensor(Shape.of(values.length, 1), values);
    }

    private static ResidualMoments moments(int batches, int batch, int first, int columns) {
        SplittableRandom random = new SplittableRandom(1);
        ResidualMoments moments = new ResidualMoments(layer(new Gemm(1, 1, false, true), Shape.of(1, 3)), new float[] {1, 0, 0}, first, columns);
        for (int b = 0; b < batches; b++) {
            Tensor x = rows(batch, random);
            moments.add(x, wanted(x), 0, 1, false);
        }
        moments.finish();
        return moments;
    }

    @Test
    void ofManySamplesAreThoseOfTheirDistribution() {
        ResidualMoments moments = moments(20, 2000, 0, 3);
        double[] covariance = {1, 0.8, 0, 0.8, 1, 0, 0, 0, 1};
        for (int i = 0; i < 9; i++) {
            assertEquals(covariance[i], moments.covariance(0)[i], 0.03, "element " + i);
        }
        double[] lacking = {1, 0.8, 0.5};
        for (int i = 0; i < 3; i++) {
            assertEquals(lacking[i], moments.residualCovariance(0)[i], 0.03, "element " + i);
        }
        assertEquals(100, moments.operandMean(0, 0), 0.02);
        assertEquals(-50, moments.operandMean(0, 1), 0.02);
        assertEquals(100 + 0.5 * 7 + 3, moments.residualMean(0, 0), 0.03);
    }

    @Test
    void ofSomeColumnsAreThoseOfTheWhole() {
        ResidualMoments all = moments(20, 2000, 0, 3);
        ResidualMoments two = moments(20, 2000, 1, 2);
        assertEquals(all.covariance(0)[4], two.covariance(0)[0], 1e-9);
        assertEquals(all.covariance(0)[8], two.covariance(0)[3], 1e-9);
        assertEquals(all.residualMean(0, 0), two.residualMean(0, 0), 1e-9);
        assertEquals(all.operandMean(0, 2), two.operandMean(0, 2), 1e-9);
    }

    /** Columns that have nothing to do with one another seem to, in few samples. */
    @Test
    void takesBackWhatIsChance() {
        SplittableRandom random = new SplittableRandom(5);
        int columns = 40;
        ResidualMoments moments = new ResidualMoments(layer(new Gemm(1, 1, false, true), Shape.of(1, columns)), new float[columns], 0, columns);
        float[] x = new float[30 * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        float[] y = new float[30];
        for (int i = 0; i < y.length; i++) {
            y[i] = (float) random.nextGaussian();
        }
        moments.add(new Tensor(Shape.of(30, columns), x), new Tensor(Shape.of(30, 1), y), 0, 1, true);
        moments.finish();
        for (int i = 0; i < columns; i++) {
            assertTrue(moments.covariance(0)[i * columns + i] > 0.3);
            assertEquals(0, moments.residualCovariance(0)[i], 0.25, "column " + i);
            for (int k = 0; k < i; k++) {
                assertEquals(0, moments.covariance(0)[i * columns + k], 0.1, i + ", " + k);
            }
        }
    }

    /** One sample does not tell what of it is chance. */
    @Test
    void aSingleSectionTellsNothingBetweenColumns() {
        ResidualMoments moments = moments(1, 500, 0, 3);
        assertEquals(1, moments.covariance(0)[0], 0.2);
        assertEquals(0, moments.covariance(0)[1]);
        assertEquals(0, moments.residualCovariance(0)[0]);
    }

    @Test
    void groupsHaveMomentsOfTheirOwn() {
        SplittableRandom random = new SplittableRandom(2);
        LayerColumns layer = layer(new Conv(new Size(1, 1), new Pads(0, 0, 0, 0), new Size(1, 1), 2), Shape.of(2, 1, 1, 1));
        ResidualMoments moments = new ResidualMoments(layer, new float[] {1, 1}, 0, 1);
        for (int b = 0; b < 4; b++) {
            float[] x = new float[2 * 1000];
            float[] y = new float[2 * 1000];
            for (int i = 0; i < 1000; i++) {
                x[i] = (float) random.nextGaussian();
                x[1000 + i] = (float) (2 * random.nextGaussian());
                y[i] = 3 * x[i];
                y[1000 + i] = x[1000 + i] + 4;
            }
            Shape shape = Shape.of(1, 2, 25, 40);
            moments.add(new Tensor(shape, x), new Tensor(shape, y), 0, 1, false);
        }
        moments.finish();
        assertEquals(1, moments.covariance(0)[0], 0.1);
        assertEquals(4, moments.covariance(1)[0], 0.4);
        assertEquals(2, moments.residualCovariance(0)[0], 0.2);
        assertEquals(0, moments.residualCovariance(1)[0], 1e-3);
        assertEquals(4, moments.residualMean(1, 0), 1e-5);
    }
}
