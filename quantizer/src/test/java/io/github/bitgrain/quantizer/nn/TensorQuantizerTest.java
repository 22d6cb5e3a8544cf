package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Golden vectors: spec/ptq-qat-toolkit.md §2.8. */
class TensorQuantizerTest {
    private static final AmaxMethod MAX = AmaxMethod.of(AmaxMethod.Kind.MAX);

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void integersAreTheGuidesAndTimesStepTheFakeQuantizedValues() {
        Tensor x = Tensor.vector(0.9817f, 0.8796f, 0.9921f, 0.4611f, 0.0832f, 0.1784f, 0.3674f, 0.5676f, 0.3376f, 0.2119f);
        QuantDescriptor fake = QuantDescriptor.builder().amax(0.9921f).build();
        TensorQuantizer integers = new TensorQuantizer(fake.edit().fakeQuant(false).build());
        float[] q = integers.forward(x).data();
        assertArrayEquals(new float[] {126, 113, 127, 59, 11, 23, 47, 73, 43, 27}, q);
        float step = integers.stepSize().orElseThrow().data()[0];
        // The guide prints 128.0057, of an amax that it rounds to 0.9921.
        assertEquals(128.0057, 1 / step, 0.006);
        float[] y = new TensorQuantizer(fake).forward(x).data();
        for (int i = 0; i < q.length; i++) {
            assertEquals(q[i] * step, y[i]);
        }
        refused("a network computes in floats", () -> SmallNets.run(integers, x));
    }

    @Test
    void integersOfChannelsUseTheirOwnRange() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().axis(0).fakeQuant(false).build());
        quantizer.setAmax(new Tensor(Shape.of(3, 1), new float[] {1f, 0.04f, 0f}));
        Tensor x = new Tensor(Shape.of(3, 3), new float[] {0.5f, -1, 0.25f, 0.02f, 0.01f, -0.04f, 0, 0, 0});
        assertArrayEquals(new float[] {64, -127, 32, 63, 32, -127, 0, 0, 0}, quantizer.forward(x).data());
    }

    @Test
    void withoutRangeItIsDynamicAndRefusedWhereARangeIsNeeded() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().numBits(4).build());
        assertTrue(quantizer.amax().isEmpty() && quantizer.stepSize().isEmpty());
        assertArrayEquals(new float[] {7, -3}, quantizer.forward(Tensor.vector(7f, -3.2f)).data());
        assertArrayEquals(new float[] {70, -30}, quantizer.forward(Tensor.vector(70f, -32f)).data());
        refused("not calibrated: 0", () -> QuantizationCalibrator.assertCalibrated(new Sequential(quantizer)));
    }

    @Test
    void fixedRangesNeedNoCalibrationAndAreMultiplied() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().amax(254f).scaleAmax(0.5f).build());
        assertEquals(1f, quantizer.stepSize().orElseThrow().data()[0]);
        assertArrayEquals(new float[] {127, 3, -128}, quantizer.forward(Tensor.vector(254f, 3.2f, -500f)).data());
        Sequential net = new Sequential(quantizer);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT.unseen(QuantizationCalibrator.Unseen.ERROR))
                .calibrate(net, SmallNets.IMAGE, SmallNets.batches(1));
        assertEquals(254f, quantizer.amax().orElseThrow().data()[0]);
    }

    @Test
    void switchesDecideWhatPasses() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().amax(1f).build());
        Tensor x = Tensor.vector(0.3f);
        assertFalse(quantizer.forward(x).data()[0] == 0.3f);
        quantizer.disable();
        assertSame(x, quantizer.forward(x));
        quantizer.enable();
        quantizer.disableQuant();
        quantizer.enableCalib();
        assertSame(x, quantizer.forward(x));
        assertEquals(0.3f, quantizer.calibrator().amax(MAX).orElseThrow().data()[0]);
        refused("no learned bounds", quantizer::enableClip);
    }

    @Test
    void rangesKeepTheirShapeAndAreNumbers() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.PER_TENSOR);
        refused("is no range", () -> quantizer.setAmax(Tensor.scalar(-1f)));
        refused("is no range", () -> quantizer.setAmax(Tensor.scalar(Float.NaN)));
        quantizer.setAmax(Tensor.scalar(2f));
        quantizer.setAmax(Tensor.scalar(3f));
        refused("cannot replace", () -> quantizer.setAmax(Tensor.vector(1f, 2f)));
    }

    @Test
    void learnedBoundsBeginAtTheCalibratedRangeAndStayInOrder() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().learnAmax(true).build());
        assertArrayEquals(new float[] {-1f}, quantizer.parameters().get("clip.min").data());
        assertArrayEquals(new float[] {1f}, quantizer.parameters().get("clip.max").data());
        quantizer.enableCalib();
        quantizer.forward(Tensor.vector(0.5f, -2.5f));
        assertTrue(quantizer.loadCalibAmax(MAX));
        assertEquals(-2.5f, quantizer.parameters().get("clip.min").data()[0]);
        assertEquals(2.5f, quantizer.parameters().get("clip.max").data()[0]);
        quantizer.parameters().get("clip.min").data()[0] = 0.5f;
        quantizer.parameters().get("clip.max").data()[0] = -1f;
        quantizer.projectBounds();
        assertEquals(0f, quantizer.parameters().get("clip.min").data()[0]);
        assertEquals(0x1p-24f, quantizer.parameters().get("clip.max").data()[0]);
        assertEquals(-3f, new TensorQuantizer(QuantDescriptor.builder().learnAmax(true).amax(3f).build()).parameters().get("clip.min").data()[0]);
    }

    /** The range follows the learned logarithm, also to the next power of two; what was fixed or calibrated is where it begins. */
    @Test
    void learnedScalesBeginAtTheCalibratedRangeAndTheRangeFollows() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().learnScale(true).build());
        assertTrue(quantizer.parameters().isEmpty());
        quantizer.enableCalib();
        quantizer.forward(Tensor.vector(0.5f, -4f));
        assertTrue(quantizer.loadCalibAmax(MAX));
        assertArrayEquals(new float[] {2f}, quantizer.parameters().get("log2_amax").data());
        quantizer.parameters().get("log2_amax").data()[0] = 3f;
        assertEquals(8f, quantizer.amax().orElseThrow().data()[0]);
        assertEquals(8f / 127, quantizer.stepSize().orElseThrow().data()[0]);
        TensorQuantizer power = new TensorQuantizer(QuantDescriptor.builder().learnScale(true).powerOfTwo(true).amax(100f).build());
        assertEquals(127f, power.amax().orElseThrow().data()[0]);
        power.parameters().get("log2_amax").data()[0] = 7f;
        assertEquals(254f, power.amax().orElseThrow().data()[0]);
        for (float range : new float[] {3f, 6f, 12f, 0.75f, 0.09375f, 127f}) {
            TensorQuantizer exact = new TensorQuantizer(QuantDescriptor.builder().numBits(range == 127f ? 8 : 3).learnScale(true).powerOfTwo(true).build());
            exact.setAmax(Tensor.scalar(range));
            assertEquals(range, exact.amax().orElseThrow().data()[0]);
        }
        TensorQuantizer rows = new TensorQuantizer(QuantDescriptor.builder().learnScale(true).axis(0).build());
        rows.setAmax(new Tensor(Shape.of(2, 1), new float[] {1f, 0f}));
        assertEquals(Shape.of(2, 1), rows.parameters().get("log2_amax").shape());
        assertArrayEquals(new float[] {0f, 0f}, new float[] {rows.parameters().get("log2_amax").data()[0], rows.stepSize().orElseThrow().data()[1]});
        rows.clearAmax();
        assertTrue(rows.parameters().isEmpty() && rows.amax().isEmpty());
        refused("learn_scale: goes neither with", () -> QuantDescriptor.builder().learnScale(true).learnAmax(true).build());
        refused("learn_scale: goes neither with", () -> QuantDescriptor.builder().learnScale(true).scaleAmax(2f).build());
    }

    /** Levels ≤ 2^bits, and each bit halves the error of uniform data. */
    @Test
    void bitsCountLevelsAndHalveTheError() {
        Random random = new Random(1);
        Tensor x = Tensor.zeros(Shape.of(20_000));
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = 2 * random.nextFloat() - 1;
        }
        double before = 0;
        for (int bits : new int[] {2, 3, 4, 5, 6, 7, 8, 16}) {
            float[] y = new TensorQuantizer(QuantDescriptor.builder().numBits(bits).amax(1f).build()).forward(x).data();
            Set<Float> levels = new HashSet<>();
            double error = 0;
            for (int i = 0; i < y.length; i++) {
                levels.add(y[i]);
                error += Math.abs(y[i] - x.data()[i]);
            }
            assertTrue(levels.size() <= 1 << bits, bits + " bits: " + levels.size());
            if (bits > 3 && bits <= 8) {
                assertEquals(0.5, error / before, 0.1, bits + " bits");
            }
            before = error;
        }
        float[] nothing = new TensorQuantizer(QuantDescriptor.builder().numBits(0).amax(1f).build()).forward(x).data();
        assertArrayEquals(new float[nothing.length], nothing);
    }

    @Test
    void everyPartOfItsStateIsPrinted() {
        TensorQuantizer quantizer = new TensorQuantizer(QuantDescriptor.builder().numBits(4).narrowRange(true).axis(0).scaleAmax(0.5f).build());
        assertEquals("TensorQuantizer(4bit narrow fake axis=[0] amax=dynamic *0.5 calibrator=max quant)", quantizer.toString());
        quantizer.setAmax(Tensor.vector(1f, 3f));
        quantizer.enableCalib();
        assertEquals("TensorQuantizer(4bit narrow fake axis=[0] amax=[1.0, 3.0](2) *0.5 calibrator=max quant calib)", quantizer.toString());
        quantizer.disable();
        assertTrue(quantizer.toString().endsWith("disabled)"));
    }
}
