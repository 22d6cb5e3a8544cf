package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.exporter.onnx.QdqOptions;
import io.github.bitgrain.exporter.onnx.QdqOptions.Profile;
import io.github.bitgrain.exporter.onnx.QdqOptions.Weights;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.ScaleAlignment;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.nn.Sequential;
import io.github.bitgrain.quantizer.nn.SkipMarker;
import io.github.bitgrain.quantizer.nn.TensorQuantizer;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** QDQ files in ONNX Runtime, the oracle for what they mean. */
class QdqOnnxRuntimeTest {
    private static final OrtEnvironment RUNTIME = OrtEnvironment.getEnvironment();

    @TempDir
    Path folder;

    /** A calibrated network: real calibration data where the network has some, else noise. */
    private static Model quantized(String path, Target target, int bits, DataSource samples) {
        QuantizationOptions options = QuantizationOptions.plain(target).bits(bits).calibration("minmax").calibBatch(8).calibSteps(1).threads(2).build();
        QuantizationResult result = Bitgrain.calibrate(OnnxReader.read(SharedData.path(path)), samples, options, QuantizationListener.NONE);
        return FakeQuantization.insert(result.model(), result.plan());
    }

    private static DataSource samples(String path) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Random random = new Random(5);
        OnnxReader.read(SharedData.path(path)).graph().inputs().forEach((name, shape) -> {
            Tensor tensor = Tensor.zeros(shape.without(0).prepend(8));
            for (int i = 0; i < tensor.size(); i++) {
                tensor.data()[i] = (float) random.nextGaussian();
            }
            tensors.put(name, tensor);
        });
        return DataSource.of(tensors);
    }

    private static Map<String, Tensor> one(DataSource samples, int index) {
        return samples.read(index, 1);
    }

    private Map<String, float[]> runtime(byte[] file, Map<String, Tensor> inputs, OrtSession.SessionOptions.OptLevel level, Path optimized)
            throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(level);
            options.setIntraOpNumThreads(1);
            if (optimized != null) {
                options.setOptimizedModelFilePath(optimized.toString());
            }
            Map<String, OnnxTensor> fed = new LinkedHashMap<>();
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                long[] shape = Arrays.stream(input.getValue().shape().dims()).asLongStream().toArray();
                fed.put(input.getKey(), OnnxTensor.createTensor(RUNTIME, FloatBuffer.wrap(input.getValue().data()), shape));
            }
            Map<String, float[]> results = new LinkedHashMap<>();
            try (OrtSession session = RUNTIME.createSession(file, options); OrtSession.Result result = session.run(fed)) {
                for (Map.Entry<String, ai.onnxruntime.OnnxValue> output : result) {
                    FloatBuffer values = ((OnnxTensor) output.getValue()).getFloatBuffer();
                    float[] copy = new float[values.remaining()];
                    values.get(copy);
                    results.put(output.getKey(), copy);
                }
            }
            fed.values().forEach(OnnxTensor::close);
            return results;
        }
    }

    private static int differing(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        int differing = 0;
        for (int i = 0; i < expected.length; i++) {
            differing += expected[i] == actual[i] ? 0 : 1;
        }
        return differing;
    }

    /** Ties to even, scales powers of two, every partial sum below 2^24: all that is left is exact, in any order. */
    @ParameterizedTest
    @CsvSource({
        "golden/esp-ppq/models/tiny.onnx, ORT_CPU, INT8_DQ", "golden/esp-ppq/models/tiny.onnx, TENSORRT, FLOAT_QDQ",
        "golden/esp-ppq/models/lenet.onnx, ORT_CPU, FLOAT_QDQ", "golden/esp-ppq/models/lenet.onnx, TENSORRT, INT8_DQ",
        "golden/esp-ppq/models/mbv2.onnx, ORT_CPU, INT8_DQ", "golden/esp-ppq/models/mbv2.onnx, TENSORRT, FLOAT_QDQ",
        "models/resnet8_cifar10/model.onnx, ORT_CPU, INT8_DQ", "models/dscnn_kws/model.onnx, TENSORRT, INT8_DQ"
    })
    void onTheP4EveryOutputIsTheSame(String path, Profile profile, Weights weights) throws OrtException {
        DataSource samples = samples(path);
        Model model = beforeSoftmax(quantized(path, Target.ESP32P4, 8, samples));
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of(), PartialSums.tooLarge(model, one(samples, i)), path);
        }
        byte[] file = OnnxWriter.write(model, new QdqOptions(profile, weights, 0));
        Model again = OnnxReader.read("qdq.onnx", null, file);
        try (Executor executor = new Executor(model); Executor reader = new Executor(again)) {
            for (int i = 0; i < 4; i++) {
                Map<String, float[]> theirs = runtime(file, one(samples, i), OrtSession.SessionOptions.OptLevel.NO_OPT, null);
                Map<String, Tensor> ours = executor.run(one(samples, i));
                Map<String, Tensor> read = reader.run(one(samples, i));
                for (String output : model.graph().outputs()) {
                    assertEquals(0, differing(theirs.get(output), ours.get(output).data()), path + " " + output);
                    assertEquals(0, differing(theirs.get(output), read.get(output).data()), path + " read back " + output);
                }
            }
        }
    }

    /** The precondition itself can fail: with 16 bits a product alone has 30. */
    @Test
    void sumsOfSixteenBitsAreTooLargeForSinglePrecision() {
        String path = "golden/esp-ppq/models/lenet.onnx";
        DataSource samples = samples(path);
        assertTrue(!PartialSums.tooLarge(quantized(path, Target.ESP32P4, 16, samples), one(samples, 0)).isEmpty());
    }

    /** Softmax is a float operator, equal to rounding errors only: its operand is compared instead. */
    private static Model beforeSoftmax(Model model) {
        List<String> outputs = model.graph().outputs().stream().map(output -> {
            Node maker = model.graph().producer(output);
            return maker.op() instanceof Softmax ? maker.input(0) : output;
        }).toList();
        return new Model(model.graph().edit().outputs(outputs).nodes(model.graph().needed(outputs)).build(), model.parameters());
    }

    /**
     * The S3 rounds ties upwards, ONNX to even, and nothing else differs: with our activations rounded to even all outputs are the
     * same; as they are, a tie now and then moves a value by a step, and the layers behind see it.
     */
    @Test
    void onTheS3OnlyTiesDiffer() throws OrtException {
        String path = "golden/esp-ppq/models/lenet.onnx";
        Npy data = Npy.read(SharedData.path("golden/esp-ppq/data/lenet/val_x.npy"));
        Tensor x = new Tensor(Shape.of(data.shape()), data.floats());
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (x.data()[i] / 255 - 0.5f) / 0.25f;
        }
        DataSource samples = DataSource.of(Map.of(OnnxReader.read(SharedData.path(path)).graph().inputs().keySet().iterator().next(), x));
        Model model = quantized(path, Target.ESP32S3, 8, samples);
        Model even = new Model(model.graph().edit().nodes(model.graph().nodes().stream().map(node ->
                node.op() instanceof FakeQuant op && !model.graph().isParameter(node.input(0))
                        ? node.withOp(new FakeQuant(op.bits(), Rounding.HALF_EVEN, op.axis())) : node).toList()).build(), model.parameters());
        byte[] file = OnnxWriter.write(model, QdqOptions.of(Profile.ORT_CPU));
        String output = model.graph().outputs().getFirst();
        int differing = 0;
        int all = 0;
        int sameClass = 0;
        long ties = 0;
        long rounded = 0;
        List<Node> roundings = even.graph().nodes().stream().filter(node -> node.op() instanceof FakeQuant && !even.graph().isParameter(node.input(0))).toList();
        List<String> before = roundings.stream().map(node -> node.input(0)).filter(value -> !even.graph().inputs().containsKey(value)).distinct().toList();
        try (Executor executor = new Executor(model); Executor evenly = new Executor(even);
                Executor observed = new Executor(even.graph(), even.parameters(), Executor.Options.defaults().outputs(before))) {
            for (int i = 0; i < 200; i++) {
                float[] theirs = runtime(file, one(samples, i), OrtSession.SessionOptions.OptLevel.NO_OPT, null).get(output);
                float[] ours = executor.run(one(samples, i)).get(output).data();
                assertEquals(0, differing(theirs, evenly.run(one(samples, i)).get(output).data()));
                differing += differing(theirs, ours);
                all += ours.length;
                sameClass += largest(theirs) == largest(ours) ? 1 : 0;
                Map<String, Tensor> values = new HashMap<>(observed.run(one(samples, i)));
                values.putAll(one(samples, i));
                for (Node node : roundings) {
                    float step = (float) Math.pow(2, even.parameters().get(node.input(1)).data()[0]);
                    for (float value : values.get(node.input(0)).data()) {
                        float steps = value / step;
                        // Half-up and half-even part where the integer below is even, and where the result is not clamped anyway.
                        boolean tie = steps - Math.floor(steps) == 0.5 && Math.floor(steps) % 2 == 0 && Math.abs(steps) < 127;
                        ties += tie ? 1 : 0;
                        rounded++;
                    }
                }
            }
        }
        // docs/onnx.md quotes these figures.
        assertEquals(658, ties, "of " + rounded);
        assertEquals(1_750_000, rounded);
        assertEquals(278, differing, "of " + all);
        assertEquals(2000, all);
        assertEquals(200, sameClass);
    }

    private static int largest(float[] values) {
        int largest = 0;
        for (int i = 1; i < values.length; i++) {
            largest = values[i] > values[largest] ? i : largest;
        }
        return largest;
    }

    /** As many integer convolutions as quantized ones: none is left to float. */
    @ParameterizedTest
    @CsvSource({"golden/esp-ppq/models/lenet.onnx", "golden/esp-ppq/models/mbv2.onnx", "models/resnet8_cifar10/model.onnx",
        "models/dscnn_kws/model.onnx", "models/mobilenetv1_025_imagenet/model.onnx"})
    void theRuntimeFusesEveryConvolutionToIntegers(String path) throws OrtException, IOException {
        DataSource samples = samples(path);
        Model model = quantized(path, Target.ESP32P4, 8, samples);
        byte[] file = OnnxWriter.write(model, QdqOptions.of(Profile.ORT_CPU));
        Path optimized = folder.resolve("optimized.onnx");
        Map<String, float[]> theirs = runtime(file, one(samples, 0), OrtSession.SessionOptions.OptLevel.EXTENDED_OPT, optimized);
        Map<String, Integer> types = new HashMap<>();
        for (NodeProto node : ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList()) {
            types.merge(node.getOpType(), 1, Integer::sum);
        }
        long convolutions = model.graph().nodes().stream().map(Node::op).filter(Conv.class::isInstance).count();
        assertEquals(convolutions, types.getOrDefault("QLinearConv", 0).longValue(), path + " " + types);
        assertEquals(0, types.getOrDefault("Conv", 0), path + " " + types);
        try (Executor executor = new Executor(model)) {
            String output = model.graph().outputs().getFirst();
            float[] ours = executor.run(one(samples, 0)).get(output).data();
            assertEquals(largest(ours), largest(theirs.get(output)));
        }
    }

    /**
     * Free scales: rows 46 to 48 and 52 of the toolkit's checklist. The output has a quantizer, whose scale is the step. Where both sum
     * below 2^24 in another order they round alike; an integer that lands beside the other's moves what stands behind it.
     */
    @ParameterizedTest
    @CsvSource({"golden/esp-ppq/models/lenet.onnx, golden/esp-ppq/data/lenet/val_x.npy, 2", "models/dscnn_kws/model.onnx, models/dscnn_kws/eval.npy, 9"})
    void modulesWithFreeScalesAreTheSameWithinAStep(String path, String data, int integerConvolutions) throws OrtException, IOException {
        Npy npy = Npy.read(SharedData.path(data));
        Tensor x = new Tensor(Shape.of(npy.shape()), npy.floats());
        for (int i = 0; i < x.size() && data.contains("lenet"); i++) {
            x.data()[i] = (x.data()[i] / 255 - 0.5f) / 0.25f;
        }
        DataSource samples = DataSource.of(Map.of(Network.INPUT, x)).range(0, 100);
        GraphModule module = GraphModule.of(beforeSoftmax(GraphPasses.apply(OnnxReader.read(SharedData.path(path)))));
        Shape shape = module.inputs().values().iterator().next();
        Sequential tree = new Sequential().add("net", module).add("output", new SkipMarker.SkipConnection());
        new SelectiveQuantizer().quantizeModule(tree, true);
        new QuantizationCalibrator(QuantizationCalibrator.Options.DEFAULT).calibrate(tree, shape, samples.batches(4));
        ScaleAlignment.DEFAULT.apply(tree, shape);
        Model model = Network.of(tree, shape).model();
        float step = ((TensorQuantizer) tree.child("output")).stepSize().orElseThrow().data()[0];
        String output = model.graph().outputs().getFirst();
        for (Profile profile : Profile.values()) {
            byte[] file = OnnxWriter.write(model, QdqOptions.of(profile));
            int quantizers = (int) model.graph().nodes().stream().filter(node -> node.op() instanceof LinearQuant).count();
            if (profile == Profile.TENSORRT) {
                long pairs = ModelProto.parseFrom(file).getGraph().getNodeList().stream().filter(node -> node.getOpType().equals("QuantizeLinear")).count();
                assertEquals(quantizers, pairs);
            }
            // The file's own integers: profile ORT_CPU rounds biases, which the modules keep in float.
            Model written = OnnxReader.read("qdq.onnx", null, file);
            int far = 0;
            int equal = 0;
            int all = 0;
            try (Executor executor = new Executor(written)) {
                for (int i = 0; i < samples.samples(); i++) {
                    float[] theirs = runtime(file, one(samples, i), OrtSession.SessionOptions.OptLevel.NO_OPT, null).get(output);
                    float[] ours = executor.run(one(samples, i)).get(output).data();
                    for (int k = 0; k < ours.length; k++) {
                        // A hundredth of a step for the rounding of integer times scale.
                        far += Math.abs(ours[k] - theirs[k]) > 1.01f * step ? 1 : 0;
                        equal += ours[k] == theirs[k] ? 1 : 0;
                        all++;
                    }
                }
            }
            assertTrue(equal >= 0.998 * all, profile + ": " + equal + " equal of " + all);
            assertTrue(far <= 0.001 * all, profile + ": " + far + " of " + all);
        }
        Path optimized = folder.resolve("optimized.onnx");
        runtime(OnnxWriter.write(model, QdqOptions.of(Profile.ORT_CPU)), one(samples, 0), OrtSession.SessionOptions.OptLevel.EXTENDED_OPT, optimized);
        assertEquals(integerConvolutions, ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList().stream()
                .filter(node -> node.getOpType().equals("QLinearConv")).count());
    }

    @Test
    void sixteenBitsNeedOperatorSet21() throws OrtException {
        String path = "golden/esp-ppq/models/lenet.onnx";
        DataSource samples = samples(path);
        Model model = quantized(path, Target.ESP32P4, 16, samples);
        byte[] file = OnnxWriter.write(model, QdqOptions.of(Profile.ORT_CPU));
        String output = model.graph().outputs().getFirst();
        float[] theirs = runtime(file, one(samples, 0), OrtSession.SessionOptions.OptLevel.NO_OPT, null).get(output);
        try (Executor executor = new Executor(OnnxReader.read("qdq.onnx", null, file))) {
            float[] ours = executor.run(one(samples, 0)).get(output).data();
            for (int i = 0; i < ours.length; i++) {
                assertEquals(theirs[i], ours[i], 2e-3 * Math.abs(theirs[i]) + 1e-3);
            }
        }
        QdqOptions old = new QdqOptions(Profile.ORT_CPU, Weights.INT8_DQ, 17);
        assertTrue(assertThrows(BitgrainException.class, () -> OnnxWriter.write(model, old)).getMessage().contains("needs operator set 21"));
        String refused = assertThrows(BitgrainException.class, () -> OnnxWriter.write(model, QdqOptions.of(Profile.TENSORRT))).getMessage();
        assertTrue(refused.contains("TENSORRT knows 8 bits alone"), refused);
        assertTrue(assertThrows(BitgrainException.class, () -> new QdqOptions(Profile.ORT_CPU, Weights.INT8_DQ, 12)).getMessage()
                .contains("needs at least 13"));
    }
}
