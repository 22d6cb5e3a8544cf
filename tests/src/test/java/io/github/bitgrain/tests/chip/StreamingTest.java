package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import io.github.bitgrain.simulator.lowering.StreamingConversion;
import io.github.bitgrain.testing.SharedData;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A network that gets a few frames at a time computes, over several runs, what the whole one computes at once. */
class StreamingTest {
    private static final int FRAMES = 24;

    private static Size step(boolean image, int time) {
        return image ? new Size(time, 1) : new Size(1, time);
    }

    private static Pads before(boolean image, int frames) {
        return image ? new Pads(frames, 1, 0, 1) : new Pads(0, frames, 0, 0);
    }

    /** Dilated causal convolutions with a residual sum, pooling, a stride; sequences or images whose rows are frames. */
    private static Graph.Builder trunk(boolean image, Parameters parameters) {
        int[] tail = image ? new int[] {3} : new int[0];
        parameters.put("w1", random(shape(8, 5, 3, tail), 1));
        parameters.put("b1", random(Shape.of(8), 2));
        parameters.put("w2", random(shape(8, 1, 3, tail), 3));
        parameters.put("w3", random(shape(6, 8, 2, tail), 4));
        Conv first = new Conv(Size.ONE, before(image, 2), Size.ONE, 1);
        Conv dilated = new Conv(Size.ONE, before(image, 4), step(image, 2), 8);
        Conv strided = new Conv(step(image, 2), before(image, 1), Size.ONE, 1);
        AveragePool average = new AveragePool(step(image, 3), Size.ONE, image ? new Pads(2, 0, 0, 0) : new Pads(0, 2, 0, 0), true, false);
        return Graph.builder("net").input("x", image ? Shape.of(1, 5, FRAMES, 6) : Shape.of(1, 5, FRAMES))
                .node("conv1", first, List.of("x", "w1", "b1"), "c1").node("relu", new Relu(), List.of("c1"), "r")
                .node("conv2", dilated, List.of("r", "w2"), "c2").node("gate", new Sigmoid(), List.of("c2"), "g")
                .node("sum", new Add(), List.of("r", "g"), "s").node("average", average, List.of("s"), "a")
                .node("conv3", strided, List.of("a", "w3"), "c3");
    }

    @ParameterizedTest
    @CsvSource({"false, ESP32S3, 2", "false, ESP32P4, 6", "false, C, 24", "true, ESP32S3, 4", "true, ESP32P4, 2", "true, C, 12"})
    void everyRunGivesTheFramesThatTheWholeNetworkHasThere(boolean image, Target target, int frames) {
        Parameters parameters = new Parameters();
        Model model = new Model(trunk(image, parameters).output("c3").build(), parameters);
        Tensor x = random(model.graph().inputs().get("x"), 9);
        QuantizationResult result = quantized(model, target);
        float[] expected = whole(result, target, x).toOnnx("c3");
        LoweredModel streamed = streamed(result, frames);
        assertEquals(image ? Shape.of(1, frames, 6, 5) : Shape.of(1, frames, 5), Shape.of(streamed.program().value("x").shape()));
        Simulator chip = new Simulator(EspdlReader.read("streaming", EspdlWriter.write(streamed.program())), target);
        int inner = image ? 6 : 1;
        int outputs = 6 * inner;
        for (int run = 0; run < FRAMES / frames; run++) {
            run(chip, streamed, part(x, run * frames, frames));
            float[] y = streamed.toOnnxOrder("c3", reals(chip, "c3"));
            int own = frames / 2;
            assertEquals(outputs * own, y.length);
            for (int channel = 0; channel < 6; channel++) {
                for (int frame = 0; frame < own; frame++) {
                    for (int k = 0; k < inner; k++) {
                        assertEquals(expected[(channel * FRAMES / 2 + run * own + frame) * inner + k], y[(channel * own + frame) * inner + k],
                                "run " + run + ", channel " + channel + ", frame " + frame);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false, ESP32S3, 2", "true, ESP32P4, 4"})
    void whatNeedsTheWholeSequenceGetsItFromACache(boolean image, Target target, int frames) {
        Parameters parameters = new Parameters();
        Model model = new Model(trunk(image, parameters).node("mean", new GlobalAveragePool(), List.of("c3"), "m").output("m").build(), parameters);
        Tensor x = random(model.graph().inputs().get("x"), 9);
        QuantizationResult result = quantized(model, target);
        LoweredModel streamed = streamed(result, frames);
        assertEquals(FRAMES / 2 - frames / 2 + 1, streamed.program().nodes().stream().filter(node -> node.name().equals("c3_SCache")).findFirst()
                .orElseThrow().integer("window_size", 0));
        Simulator chip = new Simulator(streamed.program(), target);
        for (int run = 0; run < FRAMES / frames; run++) {
            run(chip, streamed, part(x, run * frames, frames));
        }
        assertEquals(Arrays.toString(whole(result, target, x).toOnnx("m")), Arrays.toString(streamed.toOnnxOrder("m", reals(chip, "m"))));
    }

    /** Espressif's streaming example: the same caches in front of the same operators. */
    @Test
    void thePublishedExampleGetsTheSameCaches() {
        Model model = OnnxReader.read(SharedData.path("golden/espdl-vectors/esp32p4_tcn.onnx"));
        QuantizationResult result = quantized(model, Target.ESP32P4);
        ChipProgram program = streamed(result, 3).program();
        List<String> caches = program.nodes().stream().filter(node -> node.opType().equals("StreamingCache"))
                .map(node -> node.name() + " " + node.integer("window_size", 0) + " " + node.integer("frame_axis", 0)).toList();
        assertEquals(List.of("/prev_conv/Conv_output_0_/layer/layer.0/depthwise/Conv_SCache 3 1",
                "/layer/layer.1/Mul_output_0_/layer/layer.2/depthwise/Conv_SCache 5 1",
                "/layer/layer.3/Mul_output_0_/layer/layer.4/depthwise/Conv_SCache 3 1", "/Add_output_0_/avgpool/AveragePool_SCache 3 1"),
                caches.subList(0, 4));
        assertEquals(List.of(1, 3, 16), program.value(program.inputs().getFirst()).shape());
    }

    @Test
    void whatCannotBeStreamedIsRefusedByName() {
        Conv centred = new Conv(Size.ONE, new Pads(0, 1, 0, 1), Size.ONE, 1);
        refused("Conv \"node\": cannot be streamed: it looks 1 frames ahead; pad in front of the sequence only (causal)", centred, 2);
        refused("its padding counts as lowest value", new MaxPool(new Size(1, 3), Size.ONE, new Pads(0, 2, 0, 0), Size.ONE, false), 2);
        refused("its stride 2 does not divide the 3 frames", new Conv(new Size(1, 2), new Pads(0, 2, 0, 0), Size.ONE, 1), 3);
        refused("--streaming: 25 frames of input \"x\", which has 24", new Conv(Size.ONE, new Pads(0, 2, 0, 0), Size.ONE, 1), 25);
    }

    private static void refused(String reason, Op op, int frames) {
        Parameters parameters = new Parameters();
        parameters.put("w", random(Shape.of(5, 5, 3), 1));
        Model model = new Model(Graph.builder("net").input("x", Shape.of(1, 5, FRAMES))
                .node("node", op, op instanceof Conv ? List.of("x", "w") : List.of("x"), "y").output("y").build(), parameters);
        QuantizationResult result = quantized(model, Target.C);
        String message = assertThrows(BitgrainException.class, () -> streamed(result, frames)).getMessage();
        assertTrue(message.contains(reason), message);
    }

    private static QuantizationResult quantized(Model model, Target target) {
        String input = model.graph().inputs().keySet().iterator().next();
        int[] sample = model.graph().inputs().get(input).dims();
        sample[0] = 4;
        return Bitgrain.quantize(model, DataSource.of(Map.of(input, random(Shape.of(sample), 9))), QuantizationOptions.plain(target).build(), QuantizationListener.NONE);
    }

    private static LoweredModel streamed(QuantizationResult result, int frames) {
        StreamingConversion.Streamed streamed = StreamingConversion.convert(result.model(), result.plan(), frames);
        return Lowering.lower(streamed.model(), streamed.plan(), LoweringOptions.IMPROVED);
    }

    /** One run of the whole network. */
    private record Whole(LoweredModel lowered, Simulator chip) {
        float[] toOnnx(String output) {
            return lowered.toOnnxOrder(output, reals(chip, output));
        }
    }

    private static Whole whole(QuantizationResult result, Target target, Tensor x) {
        LoweredModel lowered = Lowering.lower(result.model(), result.plan(), LoweringOptions.IMPROVED);
        Simulator chip = new Simulator(lowered.program(), target);
        run(chip, lowered, x.data());
        return new Whole(lowered, chip);
    }

    private static void run(Simulator chip, LoweredModel lowered, float[] x) {
        chip.setInput("x", lowered.toChipOrder("x", x));
        chip.run();
    }

    private static float[] reals(Simulator chip, String value) {
        float[] reals = new float[chip.value(value).count()];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = (float) chip.value(value).real(i);
        }
        return reals;
    }

    private static float[] part(Tensor x, int first, int frames) {
        int inner = x.shape().size(3, x.shape().rank());
        float[] part = new float[x.size() / FRAMES * frames];
        for (int channel = 0; channel < x.shape().dim(1); channel++) {
            System.arraycopy(x.data(), (channel * FRAMES + first) * inner, part, channel * frames * inner, frames * inner);
        }
        return part;
    }

    private static Shape shape(int n, int c, int k, int... tail) {
        return tail.length == 0 ? Shape.of(n, c, k) : Shape.of(n, c, k, tail[0]);
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
