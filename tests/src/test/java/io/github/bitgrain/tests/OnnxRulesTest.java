package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.Direction;
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.exporter.onnx.QdqOptions;
import io.github.bitgrain.exporter.onnx.QdqOptions.Profile;
import io.github.bitgrain.exporter.onnx.QdqOptions.Weights;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.ModelProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.OperatorSetIdProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.quantizer.Bitgrain;
import io.github.bitgrain.quantizer.QuantizationListener;
import io.github.bitgrain.quantizer.QuantizationOptions;
import io.github.bitgrain.quantizer.QuantizationResult;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.nn.LSTM;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.Sequential;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import io.github.bitgrain.testing.SharedData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Written files keep the rules of ONNX's checker; row 46 of the toolkit's checklist. */
class OnnxRulesTest {
    private static DataSource noise(Model model) {
        Random random = new Random(5);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        model.graph().inputs().forEach((name, shape) -> {
            Tensor tensor = Tensor.zeros(shape.without(0).prepend(4));
            for (int i = 0; i < tensor.size(); i++) {
                tensor.data()[i] = (float) random.nextGaussian();
            }
            tensors.put(name, tensor);
        });
        return DataSource.of(tensors);
    }

    private static void keepsTheRules(byte[] file, String what) throws InvalidProtocolBufferException {
        assertEquals(List.of(), OnnxRules.broken(ModelProto.parseFrom(file)), what);
    }

    /** As a chip computes it, and with free scales; every profile and form of weights. As many pairs as quantizers, zero points 0 for TensorRT. */
    @ParameterizedTest
    @ValueSource(strings = {"golden/esp-ppq/models/tiny.onnx", "golden/esp-ppq/models/lenet.onnx", "golden/esp-ppq/models/mbv2.onnx",
        "models/resnet8_cifar10/model.onnx", "models/dscnn_kws/model.onnx"})
    void writtenFilesKeepTheRules(String path) throws InvalidProtocolBufferException {
        Model network = OnnxReader.read(SharedData.path(path));
        DataSource samples = noise(network);
        keepsTheRules(OnnxWriter.write(network), "float");
        keepsTheRules(OnnxWriter.writeHalf(network), "half");
        QuantizationOptions options = QuantizationOptions.plain(Target.ESP32P4).calibration("minmax").calibBatch(4).calibSteps(1).threads(1).build();
        QuantizationResult result = Bitgrain.calibrate(network, samples, options, QuantizationListener.NONE);
        Model chip = FakeQuantization.insert(result.model(), result.plan());
        Model free = Network.of(Quantization.ptq(GraphModule.of(network), null, samples, 4, QuantizationParams.DEFAULT, 1)).model();
        for (Profile profile : Profile.values()) {
            for (Weights weights : Weights.values()) {
                keepsTheRules(OnnxWriter.write(chip, new QdqOptions(profile, weights, 0)), "chip " + profile + " " + weights);
                keepsTheRules(OnnxWriter.write(free, new QdqOptions(profile, weights, 0)), "free " + profile + " " + weights);
            }
        }
        GraphProto graph = ModelProto.parseFrom(OnnxWriter.write(free, QdqOptions.of(Profile.TENSORRT))).getGraph();
        long quantizers = free.graph().nodes().stream().filter(node -> node.op() instanceof LinearQuant).count();
        assertEquals(quantizers, graph.getNodeList().stream().filter(node -> node.getOpType().equals("QuantizeLinear")).count());
        assertEquals(quantizers, graph.getNodeList().stream().filter(node -> node.getOpType().equals("DequantizeLinear")).count());
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().endsWith("uantizeLinear")) {
                TensorProto zero = graph.getInitializerList().stream().filter(tensor -> tensor.getName().equals(node.getInput(2))).findFirst().orElseThrow();
                assertEquals(TensorProto.DataType.INT8_VALUE, zero.getDataType());
                assertTrue(zero.getRawData().toByteArray().length > 0 && new java.math.BigInteger(1, zero.getRawData().toByteArray()).signum() == 0);
            }
        }
    }

    @Test
    void recurrentNetworksKeepTheRules() throws InvalidProtocolBufferException {
        Sequential net = LSTM.stack(3, 4, 1, Direction.BIDIRECTIONAL, 5, new Random(1));
        Shape shape = Shape.of(1, 5, 3);
        keepsTheRules(OnnxWriter.write(Network.of(net, shape).model()), "float");
        Tensor x = Tensor.filled(Shape.of(4, 5, 3), 0.5f);
        Model model = Network.of(Quantization.ptq(net, shape, DataSource.of(Map.of(Network.INPUT, x)), 4, QuantizationParams.DEFAULT, 1), shape).model();
        for (Profile profile : Profile.values()) {
            keepsTheRules(OnnxWriter.write(model, QdqOptions.of(profile)), profile.toString());
        }
    }

    private static ModelProto good() throws InvalidProtocolBufferException {
        Model network = OnnxReader.read(SharedData.path("golden/esp-ppq/models/lenet.onnx"));
        return ModelProto.parseFrom(OnnxWriter.write(Network.of(Quantization.ptq(GraphModule.of(network), null, noise(network), 4,
                QuantizationParams.DEFAULT, 1)).model(), QdqOptions.of(Profile.TENSORRT)));
    }

    private static void finds(ModelProto good, String rule, UnaryOperator<ModelProto> damage) {
        assertEquals(List.of(), OnnxRules.broken(good));
        List<String> broken = OnnxRules.broken(damage.apply(good));
        assertTrue(broken.stream().anyMatch(line -> line.contains(rule)), rule + ": " + broken);
    }

    private static UnaryOperator<ModelProto> inGraph(java.util.function.Consumer<GraphProto.Builder> damage) {
        return model -> {
            ModelProto.Builder builder = model.toBuilder();
            damage.accept(builder.getGraphBuilder());
            return builder.build();
        };
    }

    private static int first(GraphProto.Builder graph, String type) {
        for (int i = 0; i < graph.getNodeCount(); i++) {
            if (graph.getNode(i).getOpType().equals(type)) {
                return i;
            }
        }
        throw new AssertionError(type);
    }

    private static TensorProto.Builder zeroPoint(GraphProto.Builder graph) {
        String name = graph.getNode(first(graph, "QuantizeLinear")).getInput(2);
        return graph.getInitializerBuilderList().stream().filter(tensor -> tensor.getName().equals(name)).findFirst().orElseThrow();
    }

    /** The rules themselves notice: a check that passes everything shows nothing. */
    @Test
    void damageIsFound() throws InvalidProtocolBufferException {
        ModelProto good = good();
        finds(good, "default operator set", model -> model.toBuilder().clearOpsetImport().build());
        finds(good, "is imported twice", model -> model.toBuilder().addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17)).build());
        finds(good, "an axis in operator set 12", model -> model.toBuilder().setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(12)).build());
        finds(good, "twice", inGraph(graph -> graph.addInitializer(graph.getInitializer(0))));
        finds(good, "node name", inGraph(graph -> graph.getNodeBuilder(1).setName(graph.getNode(0).getName())));
        finds(good, "is made twice", inGraph(graph -> graph.getNodeBuilder(1).setOutput(0, graph.getNode(0).getOutput(0))));
        finds(good, "before it is made", inGraph(graph -> graph.addNode(graph.getNode(0)).removeNode(0)));
        finds(good, "is made by nobody", inGraph(graph -> graph.getOutputBuilder(0).setName("nowhere")));
        finds(good, "bytes for", inGraph(graph -> graph.getInitializerBuilder(0).setRawData(ByteString.copyFrom(new byte[3]))));
        finds(good, "of type INT", inGraph(graph -> graph.getNodeBuilder(first(graph, "Conv")).addAttribute(
                AttributeProto.newBuilder().setName("epsilon").setType(AttributeProto.AttributeType.INT).setI(1))));
        finds(good, "integers of type", inGraph(graph -> zeroPoint(graph).setDataType(TensorProto.DataType.INT64_VALUE)));
        finds(good, "operand of type", inGraph(graph -> graph.getNodeBuilder(first(graph, "DequantizeLinear")).setInput(0,
                graph.getNode(first(graph, "DequantizeLinear")).getInput(1))));
        finds(good, "different shapes", inGraph(graph -> zeroPoint(graph).addDims(1)));
        finds(good, "reads", inGraph(graph -> graph.getNodeBuilder(first(graph, "Conv")).setInput(0, graph.getNode(first(graph, "QuantizeLinear")).getOutput(0))));
    }
}
