package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.Lstm;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Row 24 of the toolkit's checklist. */
class LSTMTest {
    private static final int F = 3;
    private static final int H = 4;
    private static final int T = 5;

    private final Tensor x = SmallNets.noise(Shape.of(2, T, F), 9);

    private static Sequential stack(Direction direction) {
        return LSTM.stack(F, H, 2, direction, T, new Random(4));
    }

    private static void calibrate(Module root, Tensor x) {
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT.unseen(QuantizationCalibrator.Unseen.ERROR))
                .calibrate(root, x.shape().with(0, 1), List.of(Map.of(Network.INPUT, x)));
    }

    /** A pair of quantizers per layer and direction; with all of them off nothing changes, bit by bit. */
    @ParameterizedTest
    @EnumSource(Direction.class)
    void disabledQuantizersLeaveTheFloatLayer(Direction direction) {
        Sequential net = stack(direction);
        float[] before = SmallNets.run(net, x);
        new SelectiveQuantizer().quantizeModule(net, true);
        assertInstanceOf(QuantLSTM.class, net.child("l0"));
        assertEquals(2 * 2 * direction.count(), QuantizationCalibrator.quantizers(net).size());
        QuantizationCalibrator.quantizers(net).values().forEach(TensorQuantizer::disable);
        assertArrayEquals(before, SmallNets.run(net, x));
    }

    /** 16 bits are nearly float: the unrolled walk is the operator's. */
    @ParameterizedTest
    @EnumSource(Direction.class)
    void manyBitsAreNearlyFloat(Direction direction) {
        Sequential net = stack(direction);
        float[] before = SmallNets.run(net, x);
        new SelectiveQuantizer(QuantRegistry.standard(), SelectiveQuantizer.Options.DEFAULT.bits(16)
                .calibrators(io.github.bitgrain.quantizer.amax.CalibMethod.MAX, io.github.bitgrain.quantizer.amax.CalibMethod.MAX)).quantizeModule(net, true);
        calibrate(net, x);
        float[] after = SmallNets.run(net, x);
        assertArrayEquals(before, after, 2e-4f);
        assertTrue(!java.util.Arrays.equals(before, after), "nothing was rounded");
    }

    /** The range covers x and the state together, and both weights together. */
    @ParameterizedTest
    @EnumSource(Direction.class)
    void layerAndRecurrenceShareTheirRanges(Direction direction) {
        QuantLSTM layer = new QuantLSTM(new LSTM(F, H, direction, new Random(3)), QuantDescriptor.PER_TENSOR, QuantDescriptor.PER_CHANNEL);
        Tensor small = Tensor.zeros(Shape.of(T, 2, F));
        for (int i = 0; i < small.size(); i++) {
            small.data()[i] = 0.1f * (float) Math.sin(i);
        }
        // A state larger than any x, before the last step of the walk: the range must hear of it.
        layer.parameters().forEach((name, tensor) -> {
            if (name.startsWith("bias_ih")) {
                java.util.Arrays.fill(tensor.data(), 2f);
            }
        });
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(layer, small.shape(), List.of(Map.of(Network.INPUT, small)));
        float[] states = SmallNets.run(new LSTM(layer), small);
        int walks = direction.count();
        for (int walk = 0; walk < walks; walk++) {
            int last = direction.isBackward(walk) ? 0 : T - 1;
            float largest = 0;
            for (int t = 0; t < T; t++) {
                for (int i = 0; i < 2 * H && t != last; i++) {
                    largest = Math.max(largest, Math.abs(states[(t * walks + walk) * 2 * H + i]));
                }
            }
            String suffix = walk == 0 ? "" : "_reverse";
            assertTrue(largest > 0.5f);
            assertEquals(largest, ((TensorQuantizer) layer.child("input_quantizer" + suffix)).amax().orElseThrow().data()[0], 1e-6f);
            Tensor rows = ((TensorQuantizer) layer.child("weight_quantizer" + suffix)).amax().orElseThrow();
            assertEquals(Shape.of(4 * H, 1), rows.shape());
            for (int row = 0; row < 4 * H; row++) {
                float both = 0;
                for (int i = 0; i < F; i++) {
                    both = Math.max(both, Math.abs(layer.parameters().get("weight_ih" + suffix).data()[row * F + i]));
                }
                for (int i = 0; i < H; i++) {
                    both = Math.max(both, Math.abs(layer.parameters().get("weight_hh" + suffix).data()[row * H + i]));
                }
                assertEquals(both, rows.data()[row]);
            }
        }
        Tensor byData = ((TensorQuantizer) layer.child("weight_quantizer")).amax().orElseThrow().copy();
        QuantizationCalibrator.calibrateWeights(layer, AmaxMethod.of(AmaxMethod.Kind.MAX), true);
        assertEquals(byData, ((TensorQuantizer) layer.child("weight_quantizer")).amax().orElseThrow());
    }

    /** Two bits by hand: what is multiplied is rounded x, rounded state, rounded weights. */
    @Test
    void aCellMultipliesRoundedOperands() {
        LSTMCell plain = new LSTMCell(F, H, new Random(3));
        QuantDescriptor four = QuantDescriptor.builder().numBits(4).amax(2f).build();
        QuantLSTMCell cell = new QuantLSTMCell(plain, four, QuantDescriptor.builder().numBits(4).amax(1.5f).build());
        Tensor operand = SmallNets.noise(Shape.of(2, F + 2 * H), 5);
        float[] actual = SmallNets.run(cell, operand);
        ParameterGroups.quantizeWeights(cell);
        TensorQuantizer input = (TensorQuantizer) cell.child("input_quantizer");
        Tensor rounded = operand.copy();
        Tensor all = input.forward(operand);
        for (int n = 0; n < 2; n++) {
            System.arraycopy(all.data(), n * (F + 2 * H), rounded.data(), n * (F + 2 * H), F + H);
        }
        LSTMCell reference = new LSTMCell(cell.parameters().get("weight_ih"), cell.parameters().get("weight_hh"), cell.parameters().get("bias_ih"),
                cell.parameters().get("bias_hh"));
        assertArrayEquals(SmallNets.run(reference, rounded), actual);
        cell.child("input_quantizer", new TensorQuantizer(four));
        QuantizationCalibrator.quantizers(cell).values().forEach(TensorQuantizer::disable);
        assertArrayEquals(SmallNets.run(reference, operand), SmallNets.run(cell, operand));
    }

    /** The cell is the layer's step. */
    @Test
    void aCellIsOneStepOfTheLayer() {
        LSTM layer = new LSTM(F, H, Direction.FORWARD, new Random(8));
        LSTMCell cell = new LSTMCell(layer.parameters().get("weight_ih"), layer.parameters().get("weight_hh"), layer.parameters().get("bias_ih"),
                layer.parameters().get("bias_hh"));
        Tensor sequence = SmallNets.noise(Shape.of(T, 1, F), 2);
        float[] states = SmallNets.run(layer, sequence);
        float[] carried = new float[2 * H];
        for (int t = 0; t < T; t++) {
            Tensor operand = Tensor.zeros(Shape.of(1, F + 2 * H));
            System.arraycopy(sequence.data(), t * F, operand.data(), 0, F);
            System.arraycopy(carried, 0, operand.data(), F, 2 * H);
            carried = SmallNets.run(cell, operand);
            for (int i = 0; i < H; i++) {
                assertEquals(states[t * H + i], carried[i], 1e-6f);
            }
        }
    }

    /** A quantized layer keeps its parameters, and they are trained through the unrolled walk. */
    @Test
    void parametersAreSharedAndTrained() {
        Sequential net = new Sequential(new LSTM(F, H, Direction.BIDIRECTIONAL, new Random(3)));
        Map<String, Tensor> before = net.state();
        new SelectiveQuantizer().quantizeModule(net, true);
        calibrate(net, SmallNets.noise(Shape.of(1, T, F), 1));
        Map<String, Tensor> after = net.state();
        before.forEach((name, tensor) -> assertTrue(tensor == after.get(name), name));
        assertTrue(Network.of(net, Shape.of(1, T, F)).trained().containsAll(before.keySet()));
    }

    /** An imported LSTM that begins with zeros is a layer; all three results are there. */
    @Test
    void importedLayersAreQuantized() {
        Random random = new Random(6);
        Parameters parameters = new Parameters();
        parameters.put("w", SmallNets.noise(Shape.of(2, 4 * H, F), 1));
        parameters.put("r", SmallNets.noise(Shape.of(2, 4 * H, H), 2));
        parameters.put("b", SmallNets.noise(Shape.of(2, 8 * H), 3));
        parameters.put("zeros", Tensor.zeros(Shape.of(2, 1, H)));
        Graph graph = Graph.builder("net").input("x", Shape.of(T, 1, F)).node(new io.github.bitgrain.core.graph.Node("lstm",
                new Lstm(H, Direction.BIDIRECTIONAL, null), List.of("x", "w", "r", "b", "", "zeros", "zeros"), List.of("y", "h", "c")))
                .output("y", "h", "c").build();
        Model model = new Model(graph, parameters);
        GraphModule module = GraphModule.of(model);
        assertInstanceOf(LSTM.class, module.child("lstm"));
        Tensor sequence = SmallNets.noise(Shape.of(T, 1, F), random.nextInt());
        List<float[]> expected = results(model, sequence);
        List<float[]> imported = results(Network.of(module).model(), sequence);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(expected.get(i), imported.get(i));
        }
        new SelectiveQuantizer(QuantRegistry.standard(), SelectiveQuantizer.Options.DEFAULT.bits(16)).quantizeModule(module, true);
        List<float[]> quantized = results(Network.of(module).model(), sequence);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(expected.get(i), quantized.get(i), 1e-3f);
        }
    }

    private static List<float[]> results(Model model, Tensor sequence) {
        List<float[]> results = new ArrayList<>();
        try (Executor executor = new Executor(model)) {
            executor.run(Map.of(model.graph().inputs().keySet().iterator().next(), sequence)).values().forEach(tensor -> results.add(tensor.data().clone()));
        }
        return results;
    }
}
