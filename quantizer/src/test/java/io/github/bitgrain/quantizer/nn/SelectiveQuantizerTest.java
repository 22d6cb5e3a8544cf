package io.github.bitgrain.quantizer.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.CalibMethod;
import io.github.bitgrain.quantizer.amax.MaxCalibrator;
import io.github.bitgrain.quantizer.amax.QuantDescriptor;
import io.github.bitgrain.quantizer.nn.QuantizationRule.Action;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer.Options;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelectiveQuantizerTest {
    private final Sequential net = SmallNets.residual();
    private final Tensor x = SmallNets.noise(2, 42);

    private static Module at(Module root, String path) {
        return root.named().get(path);
    }

    private static SelectiveQuantizer quantizer(Options options) {
        return new SelectiveQuantizer(QuantRegistry.standard(), options);
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    /** Rows 1, 22, 25, 26: all layers, the skip connection once and on the shortcut alone, and the same outputs without rounding. */
    @Test
    void blanketQuantizationReplacesEveryLayerAndChangesNothingWhileDisabled() {
        float[] before = SmallNets.run(net, x);
        new SelectiveQuantizer().quantizeModule(net, true);
        assertInstanceOf(QuantConv2d.class, at(net, "conv1"));
        assertInstanceOf(QuantConv2d.class, at(net, "layer1.0.branch.conv"));
        assertInstanceOf(QuantAdaptiveAvgPool2d.class, at(net, "pool"));
        assertInstanceOf(QuantLinear.class, at(net, "head.fc"));
        assertInstanceOf(TensorQuantizer.class, at(net, "layer1.0.residual"));
        assertInstanceOf(BatchNorm2d.class, at(net, "bn1"));
        assertEquals(3 * 2 + 1 + 1, QuantizationCalibrator.quantizers(net).size());
        Network network = Network.of(net, x.shape());
        assertEquals("relu:out", network.quantized().get("layer1.0.residual"));
        QuantizationCalibrator.quantizers(net).values().forEach(TensorQuantizer::disable);
        assertArrayEquals(before, SmallNets.run(net, x));
    }

    /** Row 22: the float operator on quantized operands. */
    @Test
    void quantizedLayersAreTheFloatOnesOnQuantizedOperands() {
        Conv2d layer = new Conv2d(3, 6, 3, 1, 1, 3, true, new java.util.Random(3));
        QuantConv2d quantized = new QuantConv2d(layer, QuantDescriptor.builder().amax(2f).build(), QuantDescriptor.PER_CHANNEL);
        QuantizationCalibrator.calibrateWeights(quantized, AmaxMethod.of(AmaxMethod.Kind.MAX), true);
        Tensor inputs = ((TensorQuantizer) quantized.child("input_quantizer")).forward(x);
        Tensor weights = quantized.weightQuantizer().forward(layer.weight());
        Conv2d reference = new Conv2d((io.github.bitgrain.core.op.Conv) layer.op(), weights, layer.bias());
        assertArrayEquals(SmallNets.run(reference, inputs), SmallNets.run(quantized, x));
    }

    /** Row 22: transposed convolutions and linear layers too. */
    @Test
    void quantizedLinearAndTransposedLayersAreTheFloatOnesOnQuantizedOperands() {
        QuantDescriptor input = QuantDescriptor.builder().numBits(5).amax(2f).build();
        Linear linear = new Linear(6, 4, true, new java.util.Random(3));
        QuantLinear quantizedLinear = new QuantLinear(linear, input, QuantDescriptor.PER_CHANNEL.edit().numBits(4).build());
        Tensor row = SmallNets.noise(Shape.of(3, 6), 8);
        io.github.bitgrain.core.op.Size two = new io.github.bitgrain.core.op.Size(2, 2);
        io.github.bitgrain.core.op.ConvTranspose op = new io.github.bitgrain.core.op.ConvTranspose(two, io.github.bitgrain.core.op.Pads.NONE,
                io.github.bitgrain.core.op.Size.ONE, 1, io.github.bitgrain.core.op.Size.ZERO);
        ConvTranspose2d transposed = new ConvTranspose2d(op, SmallNets.noise(Shape.of(3, 5, 2, 2), 1), Tensor.vector(1, 2, 3, 4, 5));
        QuantConvTranspose2d quantizedTransposed = new QuantConvTranspose2d(transposed, input, QuantDescriptor.PER_CHANNEL_TRANSPOSED);
        for (WeightedLayer layer : new WeightedLayer[] {quantizedLinear, quantizedTransposed}) {
            QuantizationCalibrator.calibrateWeights(layer, AmaxMethod.of(AmaxMethod.Kind.MAX), true);
        }
        float[] expected = SmallNets.run(new Linear(quantizedLinear.weightQuantizer().forward(linear.weight()), linear.bias()),
                new TensorQuantizer(input).forward(row));
        assertArrayEquals(expected, SmallNets.run(quantizedLinear, row));
        ConvTranspose2d reference = new ConvTranspose2d(op, quantizedTransposed.weightQuantizer().forward(transposed.weight()), transposed.bias());
        assertArrayEquals(SmallNets.run(reference, new TensorQuantizer(input).forward(x)), SmallNets.run(quantizedTransposed, x));
        assertTrue(!java.util.Arrays.equals(SmallNets.run(transposed, x), SmallNets.run(quantizedTransposed, x)));
    }

    /** Row 25: five kinds of markers, nothing in float, one quantizer each; a kind can be skipped. */
    @Test
    void everyMarkerBecomesOneQuantizer() {
        Sequential plain = new Sequential(new SkipMarker.Residual(), new SkipMarker.SkipConnection(), new SkipMarker.BackboneInternalSkipConnection(),
                new SkipMarker.HeadInternalSkipConnection(), new SkipMarker.CrossModelSkipConnection());
        assertTrue(Network.of(plain, SmallNets.IMAGE).model().graph().nodes().stream()
                .allMatch(node -> node.op() instanceof io.github.bitgrain.core.op.Identity), "markers cost nothing");
        assertArrayEquals(x.data(), SmallNets.run(plain, x));
        Sequential quantized = new SelectiveQuantizer().quantizedCopy(plain);
        assertEquals(5, quantized.children().values().stream().filter(TensorQuantizer.class::isInstance).count());
        assertEquals(5, QuantizationCalibrator.quantizers(quantized).size());
        Sequential skipped = new SelectiveQuantizer().skip(SkipMarker.CrossModelSkipConnection.class).quantizedCopy(plain);
        assertEquals(4, QuantizationCalibrator.quantizers(skipped).size());
    }

    /** Row 23: the formula in double precision, on the operand and on the quantized operand. */
    @Test
    void instanceNormalizationNormalizesTheQuantizedOperand() {
        InstanceNorm2d norm = new InstanceNorm2d(Tensor.vector(1f, -2f, 0.5f), Tensor.vector(0f, 1f, -1f));
        QuantDescriptor descriptor = QuantDescriptor.builder().numBits(4).amax(2f).build();
        Tensor inputs = new TensorQuantizer(descriptor).forward(x);
        float[] actual = SmallNets.run(norm, inputs);
        int area = 64;
        for (int image = 0; image < inputs.size() / area; image++) {
            double mean = 0;
            double square = 0;
            for (int i = 0; i < area; i++) {
                mean += inputs.data()[image * area + i] / area;
            }
            for (int i = 0; i < area; i++) {
                square += Math.pow(inputs.data()[image * area + i] - mean, 2) / area;
            }
            for (int i = 0; i < area; i++) {
                double expected = norm.parameters().get("weight").data()[image % 3] * (inputs.data()[image * area + i] - mean) / Math.sqrt(square + 1e-5)
                        + norm.parameters().get("bias").data()[image % 3];
                assertEquals(expected, actual[image * area + i], 1e-5);
            }
        }
        assertArrayEquals(actual, SmallNets.run(new QuantInstanceNorm2d(norm, descriptor), x));
        Sequential net = new Sequential(norm);
        new SelectiveQuantizer().map(InstanceNorm2d.class, QuantizationRule.replace((m, in, w) -> new QuantInstanceNorm2d((InstanceNorm2d) m, in)))
                .quantizeModule(net, true);
        assertInstanceOf(QuantInstanceNorm2d.class, net.child("0"));
    }

    /** Row 23. */
    @Test
    void quantizedPoolsPoolTheQuantizedOperand() {
        QuantDescriptor descriptor = QuantDescriptor.builder().numBits(4).amax(2f).build();
        Tensor inputs = new TensorQuantizer(descriptor).forward(x);
        AdaptiveAvgPool2d mean = new AdaptiveAvgPool2d(new io.github.bitgrain.core.op.GlobalAveragePool());
        assertArrayEquals(SmallNets.run(mean, inputs), SmallNets.run(new QuantAdaptiveAvgPool2d(mean, descriptor), x));
        io.github.bitgrain.core.op.Size two = new io.github.bitgrain.core.op.Size(2, 2);
        MaxPool2d max = new MaxPool2d(new io.github.bitgrain.core.op.MaxPool(two, two, io.github.bitgrain.core.op.Pads.NONE,
                io.github.bitgrain.core.op.Size.ONE, false));
        assertArrayEquals(SmallNets.run(max, inputs), SmallNets.run(new QuantMaxPool2d(max, descriptor), x));
    }

    /** Rows 2, 3: by path (patterns too) and by class; the objects stay. */
    @Test
    void skippedModulesAreTheSameObjects() {
        Module conv = at(net, "conv1");
        Module inner = at(net, "layer1.0.branch.conv");
        Module fc = at(net, "head.fc");
        new SelectiveQuantizer().skip("conv1", "layer1").skip(Linear.class).quantizeModule(net, true);
        assertSame(conv, at(net, "conv1"));
        assertSame(inner, at(net, "layer1.0.branch.conv"));
        assertInstanceOf(SkipMarker.Residual.class, at(net, "layer1.0.residual"));
        assertSame(fc, at(net, "head.fc"));
        assertEquals(1, QuantizationCalibrator.quantizers(net).size());
        Sequential other = SmallNets.residual();
        new SelectiveQuantizer().skip("*conv*").quantizeModule(other, true);
        assertEquals(Conv2d.class, at(other, "layer1.0.branch.conv").getClass());
        assertInstanceOf(QuantLinear.class, at(other, "head.fc"));
    }

    /** 1.7: hybrid quantization, everything left out. */
    @Test
    void withEverythingSkippedOutputsAreFloat() {
        float[] before = SmallNets.run(net, x);
        new SelectiveQuantizer().skip("*").quantizeModule(net, true);
        assertArrayEquals(before, SmallNets.run(net, x));
    }

    /** Rows 4, 5, 10: wrappers; an explicit path comes before them, a path before a class. */
    @Test
    void wrappersAreUnwrappedAndMapped() {
        Linear plain = new Linear(6, 5, true, new java.util.Random(1));
        Linear special = new Linear(5, 5, true, new java.util.Random(1));
        Linear third = new Linear(5, 5, true, new java.util.Random(1));
        QuantDescriptor four = QuantDescriptor.builder().numBits(4).build();
        QuantizationRule mapping = new QuantizationRule(Action.REPLACE, (m, in, w) -> new QuantLinear((Linear) m, in, w), four, four);
        Sequential model = new Sequential(new SkipQuantization(plain), new QuantizedMapping(special, mapping), new QuantizedMapping(third, mapping));
        new SelectiveQuantizer().skip("2").quantizeModule(model, true);
        assertSame(plain, model.child("0"));
        QuantLinear quantized = assertInstanceOf(QuantLinear.class, model.child("1"));
        assertEquals(four, quantized.weightQuantizer().descriptor());
        assertSame(special.weight(), quantized.weight());
        assertSame(third, ((QuantizedMapping) model.child("2")).floatModule());
    }

    /** Row 6. */
    @Test
    void mappingsByPathAndClassCarryTheirDescriptors() {
        QuantDescriptor six = QuantDescriptor.builder().numBits(6).calibMethod(CalibMethod.HISTOGRAM).build();
        QuantDescriptor three = QuantDescriptor.builder().numBits(3).build();
        QuantizedFactory conv = (m, in, w) -> new QuantConv2d((Conv2d) m, in, w);
        new SelectiveQuantizer().map("conv1", new QuantizationRule(Action.REPLACE, conv, six, three))
                .map(Linear.class, new QuantizationRule(Action.REPLACE, (m, in, w) -> new QuantLinear((Linear) m, in, w), three, null))
                .quantizeModule(net, true);
        assertEquals(six, ((TensorQuantizer) at(net, "conv1.input_quantizer")).descriptor());
        assertEquals(three, ((TensorQuantizer) at(net, "conv1.weight_quantizer")).descriptor());
        assertInstanceOf(MaxCalibrator.class, ((TensorQuantizer) at(net, "conv1.weight_quantizer")).calibrator());
        assertEquals(8, ((TensorQuantizer) at(net, "layer1.0.branch.conv.weight_quantizer")).descriptor().numBits());
        assertEquals(three, ((TensorQuantizer) at(net, "head.fc.input_quantizer")).descriptor());
        assertEquals(Options.DEFAULT.weight(), ((TensorQuantizer) at(net, "head.fc.weight_quantizer")).descriptor());
    }

    private static final class Block extends Module {
        Block() {
            child("fc", new Linear(4, 4, true, new java.util.Random(1)));
        }

        @Override
        public String build(NetworkBuilder builder, String value) {
            return builder.build(this, "fc", value);
        }
    }

    private static final class QuantBlock extends Module {
        QuantBlock(Module block) {
            child("fc", block.child("fc"));
            child("extra", new Linear(4, 4, true, new java.util.Random(1)));
        }

        @Override
        public String build(NetworkBuilder builder, String value) {
            return builder.build(this, "extra", builder.build(this, "fc", value));
        }
    }

    /** Rows 7, 8, 9. */
    @Test
    void registeredBlocksFollowTheirAction() {
        for (Action action : new Action[] {Action.REPLACE, Action.REPLACE_AND_RECURSE, Action.RECURSE_AND_REPLACE}) {
            QuantRegistry registry = QuantRegistry.standard();
            QuantizationRule rule = new QuantizationRule(action, (m, in, w) -> new QuantBlock(m), null, null);
            registry.register(Block.class, rule);
            refused("Block is registered already", () -> registry.register(Block.class, rule));
            Sequential model = new Sequential(new Block());
            new SelectiveQuantizer(registry, Options.DEFAULT).quantizeModule(model, true);
            QuantBlock block = assertInstanceOf(QuantBlock.class, model.child("0"));
            assertEquals(action == Action.REPLACE_AND_RECURSE ? QuantLinear.class : Linear.class, block.child("fc").getClass(), action.name());
            assertEquals(action == Action.REPLACE_AND_RECURSE ? QuantLinear.class : Linear.class, block.child("extra").getClass(), action.name());
        }
        // The mutated float module itself: what RECURSE_AND_REPLACE is for.
        QuantRegistry registry = QuantRegistry.standard();
        registry.register(Block.class, new QuantizationRule(Action.RECURSE_AND_REPLACE, (m, in, w) -> {
            m.child("residual_quantizer", new TensorQuantizer(in));
            return m;
        }, null, null));
        Sequential model = new Sequential(new Block());
        new SelectiveQuantizer(registry, Options.DEFAULT).quantizeModule(model, true);
        assertInstanceOf(QuantLinear.class, model.child("0").child("fc"));
        assertInstanceOf(TensorQuantizer.class, model.child("0").child("residual_quantizer"));
        Sequential skipped = new Sequential(new Block());
        new SelectiveQuantizer(registry, Options.DEFAULT).map(Block.class, QuantizationRule.SKIP).quantizeModule(skipped, true);
        assertNull(skipped.child("0").child("residual_quantizer"));
        refused("only a SkipQuantization can be unwrapped", () -> new SelectiveQuantizer().map("0", QuantizationRule.UNWRAP)
                .quantizeModule(new Sequential(new Block()), true));
        refused("needs a quantized form", () -> new QuantizationRule(Action.REPLACE, null, null, null));
        assertEquals(Action.REPLACE_AND_RECURSE, Action.parse("replace_and_recure"));
        assertEquals(Action.RECURSE_AND_REPLACE, Action.parse("recure_and_replace"));
    }

    /** Row 11. */
    @Test
    void stateIsTakenOrFresh() {
        Linear layer = (Linear) at(net, "head.fc");
        new SelectiveQuantizer().quantizeModule(net, true);
        assertSame(layer.weight(), ((QuantLinear) at(net, "head.fc")).weight());
        Sequential other = SmallNets.residual();
        Linear before = (Linear) at(other, "head.fc");
        new SelectiveQuantizer().quantizeModule(other, false);
        assertNotSame(before.weight(), ((QuantLinear) at(other, "head.fc")).weight());
    }

    /** Rows 12, 13. */
    @Test
    void optionsChooseCollectorsAndGranularity() {
        quantizer(Options.DEFAULT.calibrators(CalibMethod.parse("max"), CalibMethod.parse("entropy"))).quantizeModule(net, true);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(net, SmallNets.IMAGE, SmallNets.batches(2));
        assertEquals(CalibMethod.HISTOGRAM, ((TensorQuantizer) at(net, "conv1.input_quantizer")).descriptor().calibMethod());
        assertEquals(Shape.of(6, 1, 1, 1), ((TensorQuantizer) at(net, "conv1.weight_quantizer")).amax().orElseThrow().shape());
        assertEquals(Shape.of(), ((TensorQuantizer) at(net, "conv1.input_quantizer")).amax().orElseThrow().shape());
        Sequential other = SmallNets.residual();
        quantizer(Options.DEFAULT.perChannel(false)).quantizeModule(other, true);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(other, SmallNets.IMAGE, SmallNets.batches(2));
        assertEquals(Shape.of(), ((TensorQuantizer) at(other, "conv1.weight_quantizer")).amax().orElseThrow().shape());
    }

    @Test
    void learningIsForActivationsWhereWeightsHaveChannels() {
        List<String> log = new ArrayList<>();
        quantizer(Options.DEFAULT.learn(true).log(log::add)).quantizeModule(net, true);
        assertTrue(((TensorQuantizer) at(net, "conv1.input_quantizer")).descriptor().learnAmax());
        assertEquals(false, ((TensorQuantizer) at(net, "conv1.weight_quantizer")).descriptor().learnAmax());
        assertTrue(log.getFirst().contains("weights keep fixed ranges"), log.getFirst());
    }

    /** Row 55, and paths that no module has. */
    @Test
    void theLogNamesEveryModuleAndUnknownPaths() {
        List<String> log = new ArrayList<>();
        quantizer(Options.DEFAULT.log(log::add)).skip("head.fc", "nowhere").quantizeModule(net, true);
        assertTrue(log.contains("conv1: Conv2d → QuantConv2d"), log.toString());
        assertTrue(log.contains("head.fc: stays Linear"), log.toString());
        assertTrue(log.contains("no module has the path nowhere"), log.toString());
        java.io.PrintStream out = System.out;
        java.io.ByteArrayOutputStream printed = new java.io.ByteArrayOutputStream();
        System.setOut(new java.io.PrintStream(printed, true));
        try {
            quantizer(Options.DEFAULT).skip("head.fc").quantizeModule(SmallNets.residual(), true);
        } finally {
            System.setOut(out);
        }
        assertEquals(0, printed.size(), "quiet without a log");
        refused("no module has the path nowhere",
                () -> quantizer(Options.DEFAULT.strict(true)).skip("nowhere").quantizeModule(SmallNets.residual(), true));
    }

    /** 1.8 #1: the axis of transposed convolutions counts output channels. */
    @Test
    void transposedConvolutionsKeepRangesPerOutputChannel() {
        io.github.bitgrain.core.op.Size two = new io.github.bitgrain.core.op.Size(2, 2);
        for (int groups : new int[] {1, 2}) {
            io.github.bitgrain.core.op.ConvTranspose op = new io.github.bitgrain.core.op.ConvTranspose(two, io.github.bitgrain.core.op.Pads.NONE,
                    io.github.bitgrain.core.op.Size.ONE, groups, io.github.bitgrain.core.op.Size.ZERO);
            Sequential model = new Sequential(new ConvTranspose2d(op, SmallNets.noise(Shape.of(4, 5, 2, 2), 1), null));
            new SelectiveQuantizer().quantizeModule(model, true);
            new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(model, Shape.of(1, 4, 3, 3),
                    List.of(java.util.Map.of(Network.INPUT, SmallNets.noise(Shape.of(2, 4, 3, 3), 2))));
            Shape range = ((QuantConvTranspose2d) model.child("0")).weightQuantizer().amax().orElseThrow().shape();
            assertEquals(groups == 1 ? Shape.of(1, 5, 1, 1) : Shape.of(), range);
        }
    }

    @Test
    void aCopyLeavesTheModelAlone() {
        Module conv = at(net, "conv1");
        Sequential copy = new SelectiveQuantizer().quantizedCopy(net);
        assertSame(conv, at(net, "conv1"));
        assertInstanceOf(QuantConv2d.class, at(copy, "conv1"));
        assertNotSame(((Conv2d) conv).weight(), ((Conv2d) at(copy, "conv1")).weight());
    }
}
