package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator.Options;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator.Unseen;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantizationCalibratorTest {
    private final Sequential net = new SelectiveQuantizer().quantizedCopy(SmallNets.residual());

    private static TensorQuantizer at(Module root, String path) {
        return (TensorQuantizer) root.named().get(path);
    }

    /** Rows 31: upstream takes one batch too many. */
    @Test
    void exactlyTheBatchesAskedForAreDrawn() {
        int[] drawn = {0};
        Iterable<Map<String, Tensor>> source = () -> {
            Iterator<Map<String, Tensor>> all = SmallNets.batches(5).iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return all.hasNext();
                }

                @Override
                public Map<String, Tensor> next() {
                    drawn[0]++;
                    return all.next();
                }
            };
        };
        new QuantizationCalibrator(Options.DEFAULT.with(AmaxMethod.of(AmaxMethod.Kind.MAX), 3)).calibrate(net, SmallNets.IMAGE, source);
        assertEquals(3, drawn[0]);
        float largest = 0;
        for (int i = 0; i < 3; i++) {
            for (float value : SmallNets.noise(4, i).data()) {
                largest = Math.max(largest, Math.abs(value));
            }
        }
        assertEquals(largest, at(net, "conv1.input_quantizer").amax().orElseThrow().data()[0], largest / 2000);
        assertThrows(BitgrainException.class, () -> new QuantizationCalibrator(Options.DEFAULT.with(AmaxMethod.of(AmaxMethod.Kind.MAX), 0)));
    }

    /** Row 32. */
    @Test
    void withoutANumberAbout512SamplesAreUsed() {
        assertEquals(16, QuantizationCalibrator.usualBatches(32));
        assertEquals(1, QuantizationCalibrator.usualBatches(1000));
    }

    @Test
    void modesAreRestoredAndStatisticsOfBatchNormAreNotMoved() {
        net.train();
        float[] mean = ((BatchNorm2d) net.named().get("bn1")).buffers().get("running_mean").data().clone();
        new QuantizationCalibrator(Options.DEFAULT).calibrate(net, SmallNets.IMAGE, SmallNets.batches(2));
        assertTrue(net.isTraining() && net.named().get("bn1").isTraining());
        assertArrayEquals(mean, ((BatchNorm2d) net.named().get("bn1")).buffers().get("running_mean").data());
        QuantizationCalibrator.quantizers(net).values().forEach(q -> assertTrue(q.isQuantizing() && !q.isCollecting()));
        QuantizationCalibrator.assertCalibrated(net);
    }

    /** Row 30, 33. */
    @Test
    void anotherMethodNeedsNoDataAndResetFreesTheHistograms() {
        QuantizationCalibrator calibrator = new QuantizationCalibrator(Options.DEFAULT);
        calibrator.calibrate(net, SmallNets.IMAGE, SmallNets.batches(2));
        float percentile = at(net, "head.fc.input_quantizer").amax().orElseThrow().data()[0];
        QuantizationCalibrator other = new QuantizationCalibrator(Options.DEFAULT.with(AmaxMethod.percentile(50), 1));
        other.recompute(net);
        assertTrue(at(net, "head.fc.input_quantizer").amax().orElseThrow().data()[0] < percentile);
        QuantizationCalibrator.resetCalibrators(net);
        assertTrue(at(net, "head.fc.input_quantizer").calibrator().amax(AmaxMethod.of(AmaxMethod.Kind.MAX)).isEmpty());
    }

    /** Row 34: the pool of upstream's "calibrator returned None". */
    @Test
    void quantizersThatNoDataReachedAreListed() {
        for (Unseen policy : Unseen.values()) {
            Sequential model = new SelectiveQuantizer().quantizedCopy(SmallNets.residual());
            model.named().get("conv1").child("unused", new TensorQuantizer(SelectiveQuantizer.Options.DEFAULT.input()));
            List<String> log = new ArrayList<>();
            QuantizationCalibrator calibrator = new QuantizationCalibrator(new Options(AmaxMethod.of(AmaxMethod.Kind.MAX), 1, policy, 1, log::add));
            if (policy == Unseen.ERROR) {
                String message = assertThrows(BitgrainException.class, () -> calibrator.calibrate(model, SmallNets.IMAGE, SmallNets.batches(1))).getMessage();
                assertTrue(message.contains("no calibration data reached conv1.unused"), message);
                continue;
            }
            calibrator.calibrate(model, SmallNets.IMAGE, SmallNets.batches(1));
            assertEquals(policy == Unseen.DYNAMIC, at(model, "conv1.unused").isEnabled());
            assertTrue(log.getLast().startsWith("no calibration data reached conv1.unused"), log.getLast());
        }
    }

    @Test
    void whatIsNoNumberNamesTheQuantizer() {
        Tensor bad = SmallNets.noise(1, 1);
        bad.data()[5] = Float.NaN;
        String message = assertThrows(BitgrainException.class, () -> new QuantizationCalibrator(Options.DEFAULT).calibrate(net, SmallNets.IMAGE,
                List.of(Map.of(Network.INPUT, bad)))).getMessage();
        assertTrue(message.contains("conv1.input_quantizer") && message.contains("NaN"), message);
    }

    /** Row 35. */
    @Test
    void weightsNeedNoData() {
        QuantizationCalibrator.calibrateWeights(net, AmaxMethod.of(AmaxMethod.Kind.MAX), true);
        Tensor weight = ((Conv2d) net.named().get("conv1")).weight();
        Tensor amax = at(net, "conv1.weight_quantizer").amax().orElseThrow();
        assertEquals(Shape.of(6, 1, 1, 1), amax.shape());
        for (int c = 0; c < 6; c++) {
            float largest = 0;
            for (int i = c * 27; i < (c + 1) * 27; i++) {
                largest = Math.max(largest, Math.abs(weight.data()[i]));
            }
            assertEquals(largest, amax.data()[c]);
        }
        QuantizationCalibrator.calibrateWeights(net, AmaxMethod.percentile(90), true);
        assertTrue(at(net, "conv1.weight_quantizer").amax().orElseThrow().data()[0] < amax.data()[0] + 1e-9);
        QuantizationCalibrator.calibrateWeights(net, AmaxMethod.of(AmaxMethod.Kind.MAX), false);
        assertEquals(1, at(net, "conv1.weight_quantizer").amax().orElseThrow().size());
        assertThrows(BitgrainException.class, () -> QuantizationCalibrator.calibrateWeights(net, AmaxMethod.of(AmaxMethod.Kind.ENTROPY), true));
    }

    private static Node conv(String name, String x, String y) {
        return new Node(name, new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of(x, name + ".w"), List.of(y));
    }

    /** Two convolutions that meet in a sum and in a concatenation. */
    private static GraphModule imported() {
        Graph graph = Graph.builder("skips").input("x", Shape.of(1, 2, 3, 3)).node(conv("a", "x", "ya")).node("relu", new Relu(), List.of("ya"), "ra")
                .node(conv("b", "ra", "yb")).node("sum", new Add(), List.of("yb", "ra"), "s").node("cat", new Concat(1), List.of("s", "ra"), "c")
                .node(new Node("last", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("c", "last.w"), List.of("y"))).output("y").build();
        return GraphModule.of(new Model(graph, new Parameters().put("a.w", SmallNets.noise(Shape.of(2, 2, 1, 1), 1))
                .put("b.w", SmallNets.noise(Shape.of(2, 2, 1, 1), 2)).put("last.w", SmallNets.noise(Shape.of(2, 4, 1, 1), 3))));
    }

    /** 3.2, 3.4: markers of an imported network, and one range for what is concatenated and what one tensor's readers see. */
    @Test
    void skippingTensorsOfAnImportedNetworkHaveAlignedRanges() {
        GraphModule model = new SelectiveQuantizer().quantizedCopy(imported());
        assertFalse(model.named().containsKey("sum.skip0"), "the convolution's side of a sum stays open");
        List<Map<String, Tensor>> data = List.of(Map.of("x", SmallNets.noise(Shape.of(4, 2, 3, 3), 9)));
        new QuantizationCalibrator(Options.DEFAULT).calibrate(model, null, data);
        float before = at(model, "cat.skip1").amax().orElseThrow().data()[0];
        ScaleAlignment.DEFAULT.apply(model, null);
        float together = at(model, "cat.skip0").amax().orElseThrow().data()[0];
        for (String path : new String[] {"cat.skip1", "last.input_quantizer", "sum.skip1", "b.input_quantizer"}) {
            assertEquals(together, at(model, path).amax().orElseThrow().data()[0], path);
        }
        assertTrue(before <= together);
        Graph graph = Network.of(model).model().graph();
        long onShared = graph.consumers(graph.node("relu").output()).stream().filter(node -> node.op() instanceof LinearQuant).count();
        assertEquals(1, onShared, "readers of one tensor with one range share a quantizer node");
        assertEquals(List.of("y"), graph.outputs());
        assertEquals(List.of("x"), List.copyOf(graph.inputs().keySet()));
    }
}
