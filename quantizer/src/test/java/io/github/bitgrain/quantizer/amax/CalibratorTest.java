package io.github.bitgrain.quantizer.amax;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.amax.AmaxMethod.Kind;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden vectors: spec/ptq-qat-toolkit.md §4.6. */
class CalibratorTest {
    private static final double BIN = 0.00483437;
    private static final QuantDescriptor SIGNED = QuantDescriptor.builder().calibMethod(CalibMethod.HISTOGRAM).build();
    private static final QuantDescriptor UNSIGNED = SIGNED.edit().unsigned(true).build();

    static ValueView view(Tensor tensor) {
        return new ValueView("x", tensor.shape(), tensor.data(), 0, 1, tensor.size(), tensor.size(), false, Kernels.floats());
    }

    private static Tensor exponential(double factor) {
        int n = 9973;
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) (-Math.log(1 - (i + 0.5) / n));
            x[i] = factor == 1 ? x[i] : (float) (factor * x[i]);
        }
        return Tensor.vector(x);
    }

    private static HistogramCalibrator filled(QuantDescriptor descriptor, boolean both) {
        HistogramCalibrator calibrator = new HistogramCalibrator(descriptor, "x");
        calibrator.collect(view(exponential(1)));
        if (both) {
            calibrator.collect(view(exponential(1.5)));
        }
        return calibrator;
    }

    private static float amax(Calibrator calibrator, AmaxMethod method) {
        return calibrator.amax(method).orElseThrow().data()[0];
    }

    @ParameterizedTest
    @CsvSource({
        "max, 0, false, 9.900784, 14.851175",
        "percentile, 99, false, 4.607152, 6.047793",
        "percentile, 99.9, false, 6.951820, 9.431850",
        "percentile, 99.99, false, 9.895949, 13.202656",
        "mse, 0, false, 9.414930, 13.504804",
        "mse, 0, true, 9.859691, 14.462009",
        "entropy, 0, false, 8.803382, 12.438826",
        "entropy, 0, true, 9.900784, 14.851175"
    })
    void goldenRangesAreMetWithinOneBin(String kind, double percent, boolean unsigned, double first, double both) {
        AmaxMethod method = kind.equals("percentile") ? AmaxMethod.percentile(percent) : AmaxMethod.parse(kind);
        QuantDescriptor descriptor = unsigned ? UNSIGNED : SIGNED;
        assertEquals(first, amax(filled(descriptor, false), method), BIN * 1.001);
        assertEquals(both, amax(filled(descriptor, true), method), BIN * 1.001);
    }

    @Test
    void growthAppendsBins() {
        HistogramCalibrator calibrator = filled(SIGNED, false);
        assertEquals(2048, calibrator.histograms().getFirst().bins());
        assertEquals(BIN, calibrator.histograms().getFirst().width(), 1e-8);
        assertEquals(3072, filled(SIGNED, true).histograms().getFirst().bins(), 1);
        assertEquals(2 * 9973, filled(SIGNED, true).histograms().getFirst().total());
    }

    /** One pass over the data, every method afterwards. */
    @Test
    void anotherMethodNeedsNoSecondPass() {
        HistogramCalibrator calibrator = filled(SIGNED, true);
        float before = amax(calibrator, AmaxMethod.of(Kind.ENTROPY));
        amax(calibrator, AmaxMethod.of(Kind.MSE));
        amax(calibrator, AmaxMethod.percentile(99));
        assertEquals(before, amax(calibrator, AmaxMethod.of(Kind.ENTROPY)));
        assertEquals(2 * 9973, calibrator.histograms().getFirst().total(), "the stored histogram is left alone");
        calibrator.reset();
        assertTrue(calibrator.amax(AmaxMethod.of(Kind.MAX)).isEmpty());
        assertTrue(calibrator.histograms().isEmpty());
    }

    @Test
    void upstreamsOwnPropertiesHold() {
        float[] hundred = new float[100];
        for (int i = 0; i < 100; i++) {
            hundred[i] = i;
        }
        HistogramCalibrator counting = new HistogramCalibrator(SIGNED, "x");
        counting.collect(view(Tensor.vector(hundred)));
        assertEquals(89, amax(counting, AmaxMethod.percentile(90)), 1.05);
        Random random = new Random(3);
        float[] uniform = new float[10_001];
        for (int i = 0; i < 10_000; i++) {
            uniform[i] = random.nextFloat();
        }
        uniform[10_000] = 10;
        HistogramCalibrator outlier = new HistogramCalibrator(SIGNED, "x");
        outlier.collect(view(Tensor.vector(uniform)));
        assertTrue(amax(outlier, AmaxMethod.of(Kind.ENTROPY)) < 1.1);
        float[] plateau = new float[10_000];
        java.util.Arrays.fill(plateau, 255);
        plateau[0] = 256;
        HistogramCalibrator peak = new HistogramCalibrator(SIGNED, "x");
        peak.collect(view(Tensor.vector(plateau)));
        float mse = amax(peak, AmaxMethod.of(Kind.MSE));
        assertTrue(Math.abs(mse - 255) < Math.abs(mse - 256), "" + mse);
        float[] sparse = new float[1000];
        for (int i = 0; i < 10; i++) {
            sparse[i] = i + 1;
        }
        HistogramCalibrator skipping = new HistogramCalibrator(SIGNED, "x", 2048, true);
        skipping.collect(view(Tensor.vector(sparse)));
        assertEquals(5, amax(skipping, AmaxMethod.percentile(50)), 0.01);
    }

    /** Upstream gives 0 here, and the layer is dead. */
    @Test
    void mostlyZerosStillHaveARange() {
        float[] sparse = new float[100_000];
        sparse[7] = 3;
        HistogramCalibrator calibrator = new HistogramCalibrator(SIGNED, "x");
        calibrator.collect(view(Tensor.vector(sparse)));
        assertEquals(3, amax(calibrator, AmaxMethod.percentile(99.99)), 0.01);
        assertEquals(3, amax(calibrator, AmaxMethod.percentile(100)), 0.01);
        HistogramCalibrator zeros = new HistogramCalibrator(SIGNED, "x");
        zeros.collect(view(Tensor.vector(new float[4])));
        assertEquals(0f, amax(zeros, AmaxMethod.percentile(99.99)));
    }

    /** A histogram with fewer bins than the search begins with: upstream crashes. */
    @Test
    void fewBinsGiveTheTop() {
        for (Kind kind : new Kind[] {Kind.MSE, Kind.ENTROPY}) {
            HistogramCalibrator calibrator = new HistogramCalibrator(SIGNED, "x", 64, false);
            calibrator.collect(view(Tensor.vector(1, 2, 3)));
            assertEquals(3f, amax(calibrator, AmaxMethod.of(kind)));
        }
    }

    @Test
    void maximaAreExactPerTensorAndPerChannel() {
        Tensor w = new Tensor(Shape.of(2, 3, 1, 1), new float[] {1, -4, 2, 0.5f, 0.25f, -0.125f});
        MaxCalibrator tensor = new MaxCalibrator(QuantDescriptor.PER_TENSOR, "w", true);
        MaxCalibrator channels = new MaxCalibrator(QuantDescriptor.PER_CHANNEL, "w", false);
        tensor.collect(view(w));
        channels.collect(view(w));
        tensor.collect(view(new Tensor(w.shape(), new float[] {0, 0, 7, 0, 0, 0})));
        channels.collect(view(new Tensor(w.shape(), new float[] {0, 0, 0, 0, 7, 0})));
        assertEquals(Tensor.scalar(7), tensor.amax(AmaxMethod.of(Kind.MAX)).orElseThrow());
        assertEquals(2, tensor.history().size());
        assertEquals(Tensor.scalar(4), tensor.history().getFirst());
        Tensor amax = channels.amax(AmaxMethod.of(Kind.MAX)).orElseThrow();
        assertEquals(Shape.of(2, 1, 1, 1), amax.shape());
        assertArrayEquals(new float[] {4, 7}, amax.data());
        String message = assertThrows(BitgrainException.class, () -> channels.collect(view(Tensor.zeros(Shape.of(3, 3, 1, 1))))).getMessage();
        assertTrue(message.startsWith("w: the shape of the ranges changed"), message);
    }

    @Test
    void histogramsPerChannelAreThoseOfTheChannelsAlone() {
        QuantDescriptor descriptor = SIGNED.edit().axis(1).build();
        float[] a = exponential(1).data();
        float[] b = exponential(1.5).data();
        Tensor both = Tensor.zeros(Shape.of(a.length, 2));
        for (int i = 0; i < a.length; i++) {
            both.data()[2 * i] = a[i];
            both.data()[2 * i + 1] = -b[i];
        }
        HistogramCalibrator calibrator = new HistogramCalibrator(descriptor, "x");
        calibrator.collect(view(both));
        Tensor amax = calibrator.amax(AmaxMethod.percentile(99.9)).orElseThrow();
        assertEquals(Shape.of(1, 2), amax.shape());
        assertEquals(amax(filled(SIGNED, false), AmaxMethod.percentile(99.9)), amax.data()[0]);
        assertEquals(1.5 * amax.data()[0], amax.data()[1], 1.5 * BIN);
    }

    @Test
    void namesChooseTheCollector() {
        assertEquals(CalibMethod.MAX, CalibMethod.parse("max"));
        for (String alias : new String[] {"histogram", "percentile", "mse", "entropy"}) {
            assertEquals(CalibMethod.HISTOGRAM, CalibMethod.parse(alias));
        }
        assertTrue(assertThrows(BitgrainException.class, () -> CalibMethod.parse("kl")).getMessage().contains("unknown calibrator 'kl'"));
    }
}
