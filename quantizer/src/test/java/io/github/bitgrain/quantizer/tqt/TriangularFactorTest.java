package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TriangularFactorTest {
    /** A A^T + I for a random A. */
    private static double[] positiveDefinite(int n, SplittableRandom random) {
        double[] a = random.doubles((long) n * n, -1, 1).toArray();
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                matrix[i * n + k] = i == k ? 1 : 0;
                for (int j = 0; j < n; j++) {
                    matrix[i * n + k] += a[i * n + j] * a[k * n + j];
                }
            }
        }
        return matrix;
    }

    private static double energy(double[] matrix, double[] e) {
        double sum = 0;
        for (int i = 0; i < e.length; i++) {
            for (int k = 0; k < e.length; k++) {
                sum += e[i] * matrix[i * e.length + k] * e[k];
            }
        }
        return sum;
    }

    @Property(tries = 50)
    void solves(@ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int n) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] matrix = positiveDefinite(n, random);
        double[] x = random.doubles(n, -1, 1).toArray();
        double[] b = new double[n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                b[i] += matrix[i * n + k] * x[k];
            }
        }
        new TriangularFactor(matrix.clone(), n).solve(b);
        for (int i = 0; i < n; i++) {
            assertEquals(x[i], b[i], 1e-9);
        }
    }

    /** With nothing in front of it, the element behind which all others are fixed is a minimum of the whole form, once those in front follow in the same way. */
    @Property(tries = 50)
    void choosesTheElementOfLeastEnergy(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int n) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] matrix = positiveDefinite(n, random);
        TriangularFactor factor = new TriangularFactor(matrix.clone(), n);
        int fixed = random.nextInt(n);
        double[] e = random.doubles(n, -1, 1).toArray();
        for (int j = fixed - 1; j >= 0; j--) {
            e[j] = factor.best(j, e);
        }
        double least = energy(matrix, e);
        for (int i = 0; i < 20; i++) {
            double[] other = e.clone();
            for (int j = 0; j < fixed; j++) {
                other[j] += random.nextDouble(-0.1, 0.1);
            }
            assertTrue(energy(matrix, other) >= least - 1e-12);
        }
    }
}
