package io.github.bitgrain.tests.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bitgrain.cli.Main;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.Lifting;
import io.github.bitgrain.testing.SharedData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code inspect --to-float}: loads in ONNX Runtime and in our reader, computes the same in both, and what the chip rounds. */
class FloatLiftingTest {
    private static final double FLOAT_TOLERANCE = 1e-3;

    @TempDir
    Path folder;

    private String lift(String model, String target) {
        Path file = folder.resolve("float.onnx");
        StringWriter err = new StringWriter();
        int exit = Main.run(new String[] {"inspect", SharedData.path(model).toString(), "--target", target, "--to-float", file.toString()},
                new PrintWriter(new StringWriter()), new PrintWriter(err));
        return exit == 0 ? file.toString() : err.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "golden/esp-ppq/e2e/lenet/c_8_kl.espdl, c, 0.02",
        "golden/esp-ppq/e2e/lenet/esp32s3_16_minmax.espdl, esp32s3, 1e-5",
        "golden/esp-ppq/e2e/mbv2/esp32p4_8_kl.espdl, esp32p4, 0.05",
        "golden/esp-ppq/e2e/yolo/esp32s3_8_kl.espdl, esp32s3, 0.05",
        "golden/esp-ppq/e2e/yolo/c_8_kl.espdl, c, 0.05",
        "golden/esp-ppq/e2e/zoo_act/esp32p4_8_kl.espdl, esp32p4, 0.05",
        "golden/esp-ppq/e2e/gru/esp32s3_8_kl.espdl, esp32s3, 0.05",
        "golden/esp-ppq/e2e/gru/c_16_minmax.espdl, c, 1e-4",
        "golden/esp-ppq/e2e/lstm/esp32p4_8_kl.espdl, esp32p4, 0.05",
        "golden/esp-ppq/e2e/lstm/c_16_minmax.espdl, c, 1e-4",
        "golden/esp-ppq/e2e/zoo_elem/esp32p4_8_kl.espdl, esp32p4, 0.05",
        "golden/esp-ppq/e2e/zoo_elem/c_16_minmax.espdl, c, 1e-4",
        // Waves drive the means of this text reader out of their 16-bit range: only ONNX Runtime can be compared with.
        "golden/nets/esp32p4_pp_ocr_v6_pp_ocr_v6_rec_s16.espdl, esp32p4, 9",
        "golden/nets/esp32p4_hand_gesture_recognition_mobilenetv2_0_5_128_128_gesture.espdl, esp32p4, 0.1",
        "golden/nets/esp32p4_yolo26_yolo26n_512_s8_p4.espdl, esp32p4, 0.1",
    })
    void theFloatNetworkComputesWhatTheChipRounds(String path, String target, double noise) throws OrtException {
        String file = lift(path, target);
        ChipProgram program = EspdlReader.read(SharedData.path(path));
        // The reader does not know Erf, the heart of Gelu's pattern in ONNX.
        Model model = path.contains("pp_ocr") ? Lifting.lift(program, Target.parse(target)) : OnnxReader.read(Path.of(file));
        Simulator simulator = new Simulator(program, Target.parse(target));
        String input = program.inputs().getFirst();
        Shape shape = model.graph().inputs().get(input);
        float[] stored = sample(simulator, input);
        Tensor x = new Tensor(shape, channelsFirst(stored, shape, program.value(input).shape().stream().mapToInt(Integer::intValue).toArray()));
        simulator.run();
        Map<String, Tensor> ours;
        try (Executor executor = new Executor(model)) {
            ours = executor.run(Map.of(input, x));
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(file, new OrtSession.SessionOptions());
                OnnxTensor fed = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x.data()), Arrays.stream(shape.dims()).asLongStream().toArray());
                OrtSession.Result theirs = session.run(Map.of(input, fed))) {
            for (int o = 0; o < program.outputs().size(); o++) {
                String name = model.graph().outputs().get(o);
                FloatBuffer wanted = ((OnnxTensor) theirs.get(name).orElseThrow()).getFloatBuffer();
                float[] expected = new float[wanted.remaining()];
                wanted.get(expected);
                float[] actual = ours.get(name).data();
                assertTrue(power(expected, actual) <= FLOAT_TOLERANCE * FLOAT_TOLERANCE, name + " differs from ONNX Runtime's");
                ChipBuffer chip = simulator.value(program.outputs().get(o));
                float[] reals = new float[chip.count()];
                for (int i = 0; i < reals.length; i++) {
                    reals[i] = (float) chip.real(i);
                }
                float[] chipOrder = channelsFirst(reals, ours.get(name).shape(), chip.shape());
                double share = power(actual, chipOrder);
                assertTrue(share <= noise, name + ": noise " + share);
            }
        }
    }

    /** Smooth, so that networks for pictures stay in their range: integers of the input's grid. */
    private static float[] sample(Simulator simulator, String input) {
        ChipBuffer buffer = simulator.value(input);
        int count = simulator.program().value(input).count();
        Random random = new Random(5);
        float[] reals = new float[count];
        int top = 1 << buffer.bits() - 1;
        for (int i = 0; i < count; i++) {
            double wave = 0.4 * Math.sin(i * 0.011) + 0.1 * random.nextGaussian();
            reals[i] = (float) Math.scalb(Math.clamp(Math.rint(wave * top), -top, top - 1), buffer.exponent());
        }
        simulator.setInput(input, reals);
        return reals;
    }

    /** Channels-last elements in the order of a float tensor; as they are where the shapes agree. */
    private static float[] channelsFirst(float[] stored, Shape wanted, int[] chip) {
        assertEquals(stored.length, wanted.size());
        if (Arrays.equals(wanted.dims(), chip) && chip.length < 3) {
            return stored;
        }
        int channels = chip[chip.length - 1];
        if (Arrays.equals(wanted.dims(), chip) && wanted.dim(1) != channels) {
            return stored;
        }
        float[] first = new float[stored.length];
        for (int i = 0; i < stored.length; i++) {
            first[i % channels * (stored.length / channels) + i / channels] = stored[i];
        }
        return first;
    }

    /** Power of the difference over the power of the signal. */
    private static double power(float[] signal, float[] other) {
        double difference = 0;
        double power = 0;
        for (int i = 0; i < signal.length; i++) {
            difference += Math.pow((double) signal[i] - other[i], 2);
            power += Math.pow(signal[i], 2);
        }
        return difference / power;
    }

    /**
     * Up to its last transposed convolution: behind it zoo_shape sums x − mean(x), which is rounding noise, and divides by it.
     */
    @ParameterizedTest
    @CsvSource({"c_8_kl, C, 0.02", "esp32s3_8_kl, ESP32S3, 0.02", "esp32p4_16_minmax, ESP32P4, 1e-3"})
    void spreadImagesComeBackAsTransposedConvolutions(String run, Target target, double noise) {
        ChipProgram whole = EspdlReader.read(SharedData.path("golden/esp-ppq/e2e/zoo_shape/" + run + ".espdl"));
        String last = whole.nodes().stream().filter(node -> node.name().equals("/ct2/ConvTranspose")).findFirst().orElseThrow().outputs().getFirst();
        ChipProgram.Builder edit = ChipProgram.builder().name("cut").output(last);
        whole.values().values().forEach(edit::value);
        whole.inputs().forEach(edit::input);
        whole.parameters().values().forEach(edit::parameter);
        whole.nodes().forEach(edit::node);
        ChipProgram program = edit.build();
        Model model = Lifting.lift(program, target);
        assertEquals(2, model.graph().nodes().stream().filter(node -> node.op() instanceof ConvTranspose).count());
        assertTrue(model.graph().nodes().stream().noneMatch(node -> node.op() instanceof InsertZeros));
        Simulator simulator = new Simulator(program, target);
        Shape shape = model.graph().inputs().get("x");
        float[] stored = sample(simulator, "x");
        simulator.run();
        ChipBuffer chip = simulator.value(last);
        float[] reals = new float[chip.count()];
        for (int i = 0; i < reals.length; i++) {
            reals[i] = (float) chip.real(i);
        }
        try (Executor executor = new Executor(model)) {
            Tensor x = new Tensor(shape, channelsFirst(stored, shape, program.value("x").shape().stream().mapToInt(Integer::intValue).toArray()));
            Tensor y = executor.run(Map.of("x", x)).values().iterator().next();
            double share = power(y.data(), channelsFirst(reals, y.shape(), chip.shape()));
            assertTrue(share <= noise, "noise " + share);
        }
    }

    @Test
    void whatHasNoFloatCounterpartIsRefusedByItsNode() {
        ChipProgram program = EspdlReader.read(SharedData.path("golden/esp-ppq/e2e/gru/esp32s3_8_kl.espdl"));
        ChipProgram.Builder edit = ChipProgram.builder().name("scatter");
        program.values().values().forEach(edit::value);
        program.inputs().forEach(edit::input);
        program.parameters().values().forEach(edit::parameter);
        program.nodes().forEach(node -> edit.node(new ChipNode(node.name(), node.opType().equals("GRU") ? "ScatterND" : node.opType(),
                node.domain(), node.inputs(), node.outputs(), node.attributes())));
        program.outputs().forEach(edit::output);
        BitgrainException refused = assertThrows(BitgrainException.class, () -> Lifting.lift(edit.build(), Target.ESP32S3));
        assertEquals("node \"/r/GRU\" (ScatterND): has no float counterpart; it cannot be written as a float network", refused.getMessage());
    }
}
