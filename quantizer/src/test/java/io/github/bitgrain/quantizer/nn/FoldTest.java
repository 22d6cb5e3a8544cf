package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer.Options;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 26, 50 and 51 of the toolkit's checklist: blocks, their fusion, batch normalizations folded. */
class FoldTest {
    private final Tensor x = SmallNets.noise(3, 11);

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    /** Statistics and factors that are no identity; some factors are negative, one is 0 where wanted. */
    private static void shake(Module root, boolean zero) {
        Random random = new Random(17);
        root.named().values().forEach(module -> {
            if (module instanceof BatchNorm2d norm) {
                for (int c = 0; c < norm.parameters().get("weight").size(); c++) {
                    norm.parameters().get("weight").data()[c] = zero && c == 1 ? 0f : (float) random.nextGaussian();
                    norm.parameters().get("bias").data()[c] = (float) random.nextGaussian();
                    norm.buffers().get("running_mean").data()[c] = (float) random.nextGaussian();
                    norm.buffers().get("running_var").data()[c] = 0.2f + random.nextFloat();
                }
            }
        });
    }

    private static float[] relative(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertTrue(largest > 0);
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] /= largest;
        }
        return scaled;
    }

    /** Row 50: three branches become one convolution, then with the normalization behind; the output stays. */
    @ParameterizedTest
    @CsvSource({"3, 3, 1, 1", "3, 6, 1, 1", "3, 3, 2, 3", "3, 3, 1, 3"})
    void fusedBranchesGiveTheSameOutput(int in, int out, int stride, int groups) {
        RepVGGBlock block = new RepVGGBlock(in, out, stride, groups, new Random(3));
        shake(block, false);
        block.parameters().get("alpha").data()[0] = 0.6f;
        Sequential net = new Sequential(block);
        float[] expected = relative(SmallNets.run(net, x));
        Sequential partial = (Sequential) net.copy();
        Reparameterizable.fusePartially(partial);
        assertArrayEquals(expected, relative(SmallNets.run(partial, x)), 1e-5f);
        assertEquals(List.of("post_bn", "rbr_reparam"), partial.child("0").children().keySet().stream().sorted().toList());
        Reparameterizable.fuseFully(net);
        assertArrayEquals(expected, relative(SmallNets.run(net, x)), 1e-5f);
        assertEquals(List.of("rbr_reparam"), List.copyOf(net.child("0").children().keySet()));
    }

    /** Row 50: not in training, not after quantization; and ptq does it by itself, in its copy. */
    @Test
    void fusionIsRefusedWhereItWouldBeWrongAndPartOfPtq() {
        Sequential net = new Sequential(new RepVGGBlock(3, 3, 1, 1, new Random(3)), new RepVGGBlock(3, 5, 2, 1, new Random(4)));
        shake(net, false);
        net.train();
        refused("eval mode only", () -> Reparameterizable.fusePartially(net));
        net.eval();
        Sequential quantized = new SelectiveQuantizer().quantizedCopy(net);
        refused("is quantized; fuse before", () -> Reparameterizable.fusePartially(quantized));
        DataSource samples = DataSource.of(Map.of(Network.INPUT, SmallNets.noise(8, 1)));
        Sequential result = Quantization.ptq(net, SmallNets.IMAGE, samples, 4, QuantizationParams.DEFAULT.foldBatchNorm(
                QuantizationParams.FoldBatchNorm.NEVER), 1);
        assertInstanceOf(QuantConv2d.class, result.child("0").child("rbr_reparam"));
        assertInstanceOf(BatchNorm2d.class, result.child("0").child("post_bn"));
        assertNull(net.child("0").child("rbr_reparam"));
        refused("is quantized; fuse before", () -> Reparameterizable.fuseFully(result));
    }

    /** Row 51, PTQ: the float network stays, up to rounding, and all normalizations are gone. */
    @Test
    void foldedBeforeQuantizationTheFloatNetworkStays() {
        Sequential net = SmallNets.residual();
        shake(net, true);
        float[] expected = relative(SmallNets.run(net, x));
        assertEquals(List.of("conv1", "layer1.0.branch.conv"), BatchNormFold.beforeQuantization(net, SmallNets.IMAGE));
        assertArrayEquals(expected, relative(SmallNets.run(net, x)), 1e-5f);
        assertTrue(net.named().values().stream().noneMatch(BatchNorm2d.class::isInstance));
        assertInstanceOf(Identity.class, ((Operator) net.child("bn1")).op());
        Sequential other = SmallNets.residual();
        shake(other, false);
        DataSource samples = DataSource.of(Map.of(Network.INPUT, SmallNets.noise(8, 1)));
        assertTrue(Quantization.ptq(other, SmallNets.IMAGE, samples, 4, QuantizationParams.DEFAULT, 1).named().values().stream()
                .noneMatch(BatchNorm2d.class::isInstance));
        assertInstanceOf(BatchNorm2d.class, other.child("bn1"));
    }

    /** A normalization that others read around, or that stands behind no layer, stays. */
    @Test
    void whatIsReadTwiceStays() {
        Sequential net = new Sequential(new BatchNorm2d(3), new Conv2d(3, 3, 1, 1, 0, 1, false, new Random(1)),
                new ResidualBlock(new BatchNorm2d(3), null));
        shake(net, false);
        assertEquals(List.of(), BatchNormFold.beforeQuantization(net, SmallNets.IMAGE));
        assertEquals(2, net.named().values().stream().filter(BatchNorm2d.class::isInstance).count());
    }

    private static int[] integers(WeightedLayer layer) {
        Tensor step = layer.weightQuantizer().stepSize().orElseThrow();
        Tensor rounded = layer.weightQuantizer().forward(layer.weight());
        int inner = layer.weight().shape().size(layer.channelAxis() + 1, layer.weight().shape().rank());
        int[] q = new int[rounded.size()];
        for (int i = 0; i < q.length; i++) {
            float s = step.data()[i / inner % step.size()];
            q[i] = s == 0 ? 0 : Math.round(rounded.data()[i] / s);
        }
        return q;
    }

    /** Row 51, QAT: the integers stay or change sign, scales are s |g|, a channel with g = 0 is zero with scale 1. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void trainedIntegersStayOrChangeTheirSign(boolean narrow) {
        Conv2d conv = new Conv2d(3, 8, 3, 1, 1, 1, false, new Random(5));
        BatchNorm2d norm = new BatchNorm2d(8);
        QuantDescriptor weights = QuantDescriptor.builder().axis(0).narrowRange(narrow).build();
        QuantConv2d layer = new QuantConv2d(conv, QuantDescriptor.builder().amax(3f).build(), weights);
        Sequential net = new Sequential(layer, norm);
        shake(net, true);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(net, SmallNets.IMAGE, SmallNets.batches(1));
        // Training moved weights beyond the frozen ranges: the smallest integer is in use.
        for (int i = 0; i < layer.weight().size(); i += 7) {
            layer.weight().data()[i] *= 20;
        }
        int[] before = integers(layer);
        float[] steps = layer.weightQuantizer().stepSize().orElseThrow().data().clone();
        float[] expected = SmallNets.run(net, x);
        assertEquals(List.of("0"), BatchNormFold.trained(net, SmallNets.IMAGE));
        int[] after = integers(layer);
        float[] scaled = layer.weightQuantizer().stepSize().orElseThrow().data();
        int negated = 0;
        int clamped = 0;
        for (int i = 0; i < before.length; i++) {
            int c = i / 27;
            double g = norm.parameters().get("weight").data()[c] / Math.sqrt(norm.buffers().get("running_var").data()[c] + 1e-5);
            assertEquals(g == 0 ? 1 : steps[c] * Math.abs(g), scaled[c], 1e-6 * scaled[c]);
            assertEquals(g == 0 ? 0 : g > 0 ? before[i] : Math.min(127, -before[i]), after[i], "weight " + i);
            negated += g < 0 && before[i] != 0 ? 1 : 0;
            clamped += g < 0 && before[i] == -128 ? 1 : 0;
        }
        assertTrue(negated > 0);
        assertEquals(narrow, clamped == 0);
        assertTrue(net.named().values().stream().noneMatch(BatchNorm2d.class::isInstance));
        if (narrow) {
            assertArrayEquals(relative(expected), relative(SmallNets.run(net, x)), 1e-5f);
        }
    }

    @Test
    void trainedLayersNeedAFreeRangePerChannel() {
        for (Options options : List.of(Options.DEFAULT.perChannel(false), Options.DEFAULT.powerOfTwo(true))) {
            Sequential net = SmallNets.residual();
            new SelectiveQuantizer(QuantRegistry.standard(), options).quantizeModule(net, true);
            new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(net, SmallNets.IMAGE, SmallNets.batches(1));
            refused(options.powerOfTwo() ? "scales are powers of two" : "a range per channel only", () -> BatchNormFold.trained(net, SmallNets.IMAGE));
            refused("is quantized", () -> BatchNormFold.beforeQuantization(net, SmallNets.IMAGE));
        }
        refused("is not quantized; fold before", () -> BatchNormFold.trained(SmallNets.residual(), SmallNets.IMAGE));
    }

    /** Row 26: the shortcut ends in a quantizer, the convolution's operand of the sum has none; exact while disabled. */
    @ParameterizedTest
    @CsvSource({"BASIC, 8, 1", "BASIC, 6, 2", "BOTTLENECK, 2, 1", "BOTTLENECK, 3, 2"})
    void residualBlocksQuantizeTheShortcutAlone(String kind, int width, int stride) {
        Random random = new Random(2);
        Module block = kind.equals("BASIC") ? new ResNetBlock.BasicBlock(8, width, stride, random) : new ResNetBlock.Bottleneck(8, width, stride, random);
        Sequential net = new Sequential(new Conv2d(3, 8, 3, 1, 1, 1, true, random), block);
        shake(net, false);
        float[] before = SmallNets.run(net, x);
        new SelectiveQuantizer().quantizeModule(net, true);
        assertInstanceOf(TensorQuantizer.class, net.named().get("1.shortcut.residual_quantizer"));
        assertInstanceOf(QuantConv2d.class, net.named().get("1.conv2"));
        boolean projected = net.named().containsKey("1.shortcut.0");
        assertEquals(stride != 1, projected);
        assertEquals(projected, net.named().get("1.shortcut.0") instanceof QuantConv2d);
        Network network = Network.of(net, SmallNets.IMAGE);
        io.github.bitgrain.core.graph.Graph graph = network.model().graph();
        List<io.github.bitgrain.core.graph.Node> sums = graph.nodes().stream().filter(node -> node.op() instanceof io.github.bitgrain.core.op.Add).toList();
        assertEquals(1, sums.size());
        List<Class<?>> operands = sums.getFirst().inputs().stream().<Class<?>>map(value -> graph.producer(value).op().getClass()).toList();
        assertEquals(List.of(io.github.bitgrain.core.op.BatchNorm.class, io.github.bitgrain.core.op.LinearQuant.class), operands);
        QuantizationCalibrator.quantizers(net).values().forEach(TensorQuantizer::disable);
        assertArrayEquals(before, SmallNets.run(net, x));
    }
}
