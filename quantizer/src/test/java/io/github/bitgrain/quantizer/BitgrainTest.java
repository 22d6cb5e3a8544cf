package io.github.bitgrain.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BitgrainTest {
    @Test
    void everyActivationHasAScaleAndProgressReachesItsEnd() {
        List<Integer> done = new ArrayList<>();
        QuantizationListener listener = new QuantizationListener() {
            @Override
            public void calibrated(int runs, int all) {
                assertEquals(2, all);
                done.add(runs);
            }

            @Override
            public void step(int block, int blocks, String name, int step, int steps, float loss) {}
        };
        QuantizationResult result = Bitgrain.quantize(network(), samples(), QuantizationOptions.plain(Target.ESP32S3).build(), listener);
        assertEquals(List.of(1, 2), done);
        for (Slot slot : result.plan().slots()) {
            assertTrue(!result.plan().quantizes(slot) || result.plan().exponents(slot) != null, slot::toString);
        }
    }

    @Test
    void scalesSetByHandGoToTheFusedActivationUnlessParity() {
        QuantPlan improved = plan(Profile.IMPROVED, "fc1", 0.5);
        assertEquals(-1, improved.exponents(Slot.output("relu", 0)).single());
        QuantPlan parity = plan(Profile.PARITY, "fc1", 0.5);
        assertTrue(parity.exponents(Slot.output("relu", 0)).single() < -1);
        assertEquals(-1, plan(Profile.PARITY, "fc2", 0.5).exponents(Slot.output("fc2", 0)).single());
    }

    @Test
    void scalesThatCannotBeSetAreRefusedByName() {
        assertRefused("there is no node \"fc9\" in net", "fc9", 0.5);
        assertRefused("fc2: 0.05 is no power of two", "fc2", 0.05);
        assertRefused("fc2: -0.5 is no power of two", "fc2", -0.5);
        assertRefused("the output of node \"prob\" (Softmax) is float", "prob", 0.5);
    }

    @Test
    void aMakerAtEightBitsKeepsItsExponentBeforeASumAtSixteen() {
        Graph graph = network().graph();
        Graph sum = graph.edit().outputs(List.of()).node("sum", new Add(), List.of("y", "y2"), "s")
                .node("fc3", new Gemm(1f, 1f, false, true), List.of("r", "w2"), "y2").output("s", "p").build();
        Model model = new Model(sum, network().parameters());
        for (Profile profile : Profile.values()) {
            QuantizationOptions options = QuantizationOptions.plain(Target.ESP32P4, profile).bitsByNode(Map.of("sum", 16)).calibration("minmax").threads(1).build();
            QuantPlan plan = Bitgrain.quantize(model, samples(), options, QuantizationListener.NONE).plan();
            int wide = plan.exponents(Slot.output("sum", 0)).single();
            int narrow = plan.exponents(Slot.output("fc3", 0)).single();
            assertTrue(profile.isParity() ? narrow == wide : narrow >= wide + 6, profile + ": " + narrow + " before " + wide);
        }
    }

    /** ESP-PPQ trains on the whole loader, whatever number of steps calibration was given. */
    @Test
    void improvedTrainingAndEqualizationReadNoSampleBeyondTheCalibrationSteps() {
        for (boolean equalization : new boolean[] {false, true}) {
            QuantizationOptions options = fewSamples().equalization(equalization).build();
            int[] end = new int[1];
            Bitgrain.quantize(network(), recorded(samples(), end), options, QuantizationListener.NONE);
            assertEquals(8, end[0]);
        }
    }

    @Test
    void improvedTrainingTellsThatItBeginsBeforeItsFirstStep() {
        QuantizationOptions options = fewSamples().build();
        List<String> heard = new ArrayList<>();
        Bitgrain.quantize(network(), samples(), options, new QuantizationListener() {
            @Override
            public void calibrated(int done, int all) {}

            @Override
            public void begin() {
                heard.add("begin");
            }

            @Override
            public void step(int block, int blocks, String name, int step, int steps, float loss) {
                heard.add(name);
            }
        });
        assertEquals("begin", heard.getFirst());
        assertTrue(heard.subList(heard.lastIndexOf("begin"), heard.size()).contains("output"), heard::toString);
    }

    /** The same samples; {@code end[0]} becomes the number of the last sample read, plus one. */
    private static DataSource recorded(DataSource all, int[] end) {
        return all.withSamples(all.samples(), (first, count) -> {
            end[0] = Math.max(end[0], first + count);
            return all.read(first, count);
        });
    }

    private static void assertRefused(String reason, String node, double scale) {
        BitgrainException refused = assertThrows(BitgrainException.class, () -> plan(Profile.IMPROVED, node, scale));
        assertEquals(BitgrainException.Kind.USAGE, refused.kind());
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    }

    private static QuantizationOptions.Builder fewSamples() {
        return QuantizationOptions.training(Target.ESP32S3).edit().calibBatch(4).calibSteps(2).threads(1);
    }

    private static QuantPlan plan(Profile profile, String node, double scale) {
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32P4, profile).calibration("kl").fixedScales(Map.of(node, scale)).threads(1).build();
        return Bitgrain.quantize(network(), samples(), options, QuantizationListener.NONE).plan();
    }

    private static Model network() {
        Parameters parameters = new Parameters();
        parameters.put("w1", random(Shape.of(6, 4), 1));
        parameters.put("b1", random(Shape.of(6), 2));
        parameters.put("w2", random(Shape.of(3, 6), 3));
        parameters.put("b2", random(Shape.of(3), 4));
        Gemm gemm = new Gemm(1, 1, false, true);
        return new Model(Graph.builder("net").input("x", Shape.of(1, 4))
                .node("fc1", gemm, List.of("x", "w1", "b1"), "h")
                .node("relu", new Relu(), List.of("h"), "r")
                .node("fc2", gemm, List.of("r", "w2", "b2"), "y")
                .node("prob", new Softmax(1), List.of("y"), "p")
                .output("p").build(), parameters);
    }

    private static DataSource samples() {
        return DataSource.of(Map.of("x", random(Shape.of(16, 4), 5)));
    }

    private static Tensor random(Shape shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return new Tensor(shape, values);
    }
}
