package io.github.bitgrain.exporter.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.QdqOptions.Profile;
import io.github.bitgrain.exporter.onnx.QdqOptions.Weights;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QdqFileTest {
    private static final LinearQuant WEIGHTS = new LinearQuant(-127, 127, 0, LinearQuant.Range.AMAX, 1f, false);
    private static final LinearQuant SIGNED = new LinearQuant(-128, 127, LinearQuant.PER_TENSOR, LinearQuant.Range.AMAX, 1f, false);

    /** x → quantizer → Conv with per-channel weights, the second channel without range. */
    private static Model model(LinearQuant activation, Tensor... range) {
        Random random = new Random(1);
        Tensor w = Tensor.zeros(Shape.of(2, 3, 1, 1));
        for (int i = 0; i < 3; i++) {
            w.data()[i] = (float) random.nextGaussian();
        }
        List<String> operands = range.length == 0 ? List.of("x") : range.length == 1 ? List.of("x", "x_range") : List.of("x", "x_range", "x_high");
        Graph graph = Graph.builder("g").input("x", Shape.of(1, 3, 4, 4))
                .node(new Node("inq", activation, operands, List.of("xq")))
                .node("wq", WEIGHTS, List.of("w", "w_range"), "w_q")
                .node("conv", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("xq", "w_q", "b"), "y").output("y").build();
        Parameters parameters = new Parameters().put("w", w).put("w_range", Tensor.vector(2f, 0f)).put("b", Tensor.vector(0.3f, -0.2f));
        if (range.length > 0) {
            parameters.put("x_range", range[0]);
        }
        if (range.length > 1) {
            parameters.put("x_high", range[1]);
        }
        return new Model(graph, parameters);
    }

    private static float[] run(Model model) {
        Tensor x = Tensor.zeros(Shape.of(1, 3, 4, 4));
        Random random = new Random(2);
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        try (Executor executor = new Executor(model)) {
            return executor.run(Map.of("x", x)).get("y").data();
        }
    }

    private static ModelProto file(Model model, QdqOptions options) {
        try {
            return ModelProto.parseFrom(OnnxWriter.write(model, options));
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static Model read(ModelProto file) {
        return OnnxReader.read("q.onnx", null, file.toByteArray());
    }

    private static TensorProto initializer(ModelProto file, String name) {
        return file.getGraph().getInitializerList().stream().filter(tensor -> tensor.getName().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(Weights.class)
    void bothFormsOfWeightsReadBackToTheSameBits(Weights weights) {
        Model model = model(SIGNED, Tensor.vector(1.7f));
        ModelProto file = file(model, new QdqOptions(Profile.TENSORRT, weights, 0));
        assertArrayEquals(run(model), run(read(file)));
        assertEquals(17, file.getOpsetImport(0).getVersion());
        long stored = file.getGraph().getInitializerList().stream().filter(t -> t.getDataType() == TensorProto.DataType.INT8_VALUE && t.getDimsCount() == 4).count();
        assertEquals(weights == Weights.INT8_DQ ? 1 : 0, stored);
    }

    @Test
    void channelsHaveAnAxisScalesAndTypedZeroPoints() {
        ModelProto file = file(model(SIGNED, Tensor.vector(1.7f)), QdqOptions.of(Profile.TENSORRT));
        NodeProto weight = file.getGraph().getNodeList().stream().filter(node -> node.getOpType().equals("QuantizeLinear") && node.getInput(0).startsWith("w"))
                .findFirst().orElseThrow();
        assertEquals(0, weight.getAttributeList().stream().filter(a -> a.getName().equals("axis")).findFirst().orElseThrow().getI());
        TensorProto scale = initializer(file, weight.getInput(1));
        assertEquals(List.of(2L), scale.getDimsList());
        java.nio.ByteBuffer scales = scale.getRawData().asReadOnlyByteBuffer().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        assertEquals(2f / 127, scales.getFloat());
        assertEquals(1f, scales.getFloat(), "no range is written as 1");
        TensorProto zero = initializer(file, weight.getInput(2));
        assertEquals(TensorProto.DataType.INT8_VALUE, zero.getDataType());
        assertEquals(List.of(2L), zero.getDimsList());
    }

    /** ORT_CPU: unsigned activations on the same grid, the float bias as int32 of scale input × weight. */
    @Test
    void onnxRuntimesProfileStoresIntegerBiases() {
        Model model = model(SIGNED, Tensor.vector(1.7f));
        ModelProto file = file(model, QdqOptions.of(Profile.ORT_CPU));
        NodeProto conv = file.getGraph().getNodeList().stream().filter(node -> node.getOpType().equals("Conv")).findFirst().orElseThrow();
        NodeProto bias = file.getGraph().getNodeList().stream().filter(node -> node.getOutput(0).equals(conv.getInput(2))).findFirst().orElseThrow();
        assertEquals("DequantizeLinear", bias.getOpType());
        assertEquals(TensorProto.DataType.INT32_VALUE, initializer(file, bias.getInput(0)).getDataType());
        assertTrue(file.getGraph().getInitializerList().stream().anyMatch(t -> t.getDataType() == TensorProto.DataType.UINT8_VALUE));
        float[] expected = run(model);
        float[] actual = run(read(file));
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], i < 16 ? 1.7f / 127 * 2 / 127 : 1.7f / 127);
        }
    }

    /** 4 bits in 8: what the element type does not saturate, a Clip does. */
    @Test
    void fewerBitsThanTheTypeAreClippedBefore() {
        LinearQuant four = new LinearQuant(-8, 7, LinearQuant.PER_TENSOR, LinearQuant.Range.AMAX, 1f, false);
        for (Profile profile : Profile.values()) {
            Model model = model(four, Tensor.vector(0.9f));
            ModelProto file = file(model, new QdqOptions(profile, Weights.FLOAT_QDQ, 13));
            assertEquals(1, file.getGraph().getNodeList().stream().filter(node -> node.getOpType().equals("Clip")).count());
            assertArrayEquals(run(model(four, Tensor.vector(0.9f))), run(model));
            float[] expected = run(model);
            float[] actual = run(read(file));
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], actual[i], profile == Profile.TENSORRT ? 0 : 1.8f / 7);
            }
        }
    }

    @Test
    void learnedRangesAreWrittenWithTheirClip() {
        LinearQuant learned = new LinearQuant(-128, 127, LinearQuant.PER_TENSOR, LinearQuant.Range.LEARNED, 1f, false);
        Model model = model(learned, Tensor.vector(-0.4f), Tensor.vector(1.2f));
        ModelProto file = file(model, QdqOptions.of(Profile.TENSORRT));
        assertArrayEquals(run(model), run(read(file)));
        assertEquals(1, file.getGraph().getNodeList().stream().filter(node -> node.getOpType().equals("Clip")).count());
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void whatAProfileOrTheFormatDoesNotHaveIsRefusedByName() {
        LinearQuant unsigned = new LinearQuant(0, 255, LinearQuant.PER_TENSOR, LinearQuant.Range.AMAX, 1f, false);
        refused("quantizer \"inq\": the profile TENSORRT needs signed integers", () -> file(model(unsigned, Tensor.vector(1f)), QdqOptions.of(Profile.TENSORRT)));
        LinearQuant dynamic = new LinearQuant(-128, 127, LinearQuant.PER_TENSOR, LinearQuant.Range.DYNAMIC, 1f, false);
        refused("quantizer \"inq\" has no calibrated range", () -> file(model(dynamic), QdqOptions.of(Profile.ORT_CPU)));
    }

    @Test
    void brokenPairsAreRefusedByName() {
        ModelProto good = file(model(SIGNED, Tensor.vector(1.7f)), QdqOptions.of(Profile.TENSORRT));
        GraphProto graph = good.getGraph();
        int second = 0;
        while (!graph.getNode(second).getOpType().equals("DequantizeLinear")) {
            second++;
        }
        NodeProto dequantize = graph.getNode(second);
        NodeProto other = dequantize.toBuilder().setInput(1, "w_q_scale").setInput(2, "w_q_zero_point").build();
        int at = second;
        refused("DequantizeLinear): has another scale", () -> read(good.toBuilder().setGraph(graph.toBuilder().setNode(at, other)).build()));
        NodeProto relu = NodeProto.newBuilder().setName("r").setOpType("Relu").addInput(dequantize.getInput(0)).addOutput("z").build();
        refused("node \"r\" (Relu): reads \"xq_quantized\", the integers of a QuantizeLinear",
                () -> read(good.toBuilder().setGraph(graph.toBuilder().addNode(relu)).build()));
        NodeProto floats = dequantize.toBuilder().setInput(0, "x").build();
        refused("neither made by a QuantizeLinear nor stored as integers",
                () -> read(good.toBuilder().setGraph(graph.toBuilder().setNode(at, floats)).build()));
    }
}
