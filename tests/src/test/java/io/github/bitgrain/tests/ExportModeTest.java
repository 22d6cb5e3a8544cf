package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.github.bitgrain.core.op.LinearQuant;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.qat.ExportMode;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import io.github.bitgrain.testing.Npy;
import io.github.bitgrain.testing.SharedData;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Row 53 of the toolkit's checklist: what is written for which mode. */
class ExportModeTest {
    private final Model network = OnnxReader.read(SharedData.path("golden/esp-ppq/models/lenet.onnx"));
    private final DataSource samples = samples(network);

    private static DataSource samples(Model network) {
        Npy npy = Npy.read(SharedData.path("golden/esp-ppq/data/lenet/val_x.npy"));
        Tensor x = new Tensor(io.github.bitgrain.core.tensor.Shape.of(npy.shape()), npy.floats());
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (x.data()[i] / 255 - 0.5f) / 0.25f;
        }
        return DataSource.of(Map.of(network.graph().inputs().keySet().iterator().next(), x)).range(0, 64);
    }

    private static boolean hasQuantizers(Model model) {
        return model.graph().nodes().stream().anyMatch(node -> node.op() instanceof LinearQuant);
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
        String actual = assertThrows(BitgrainException.class, action).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void int8OfAFloatModelIsPtqAndNeedsSamples() {
        GraphModule module = GraphModule.of(network);
        refused("INT8 of a float model needs calibration samples", () -> ExportMode.INT8.prepare(module, null, null, 4, 1));
        ExportMode.Prepared prepared = ExportMode.INT8.prepare(module, null, samples, 4, 1);
        assertEquals(ExportMode.INT8, prepared.mode());
        Model expected = io.github.bitgrain.quantizer.nn.Network.of(Quantization.ptq(module, null, samples, 4, QuantizationParams.DEFAULT, 1)).model();
        assertEquals(expected.graph().nodes(), prepared.model().graph().nodes());
        assertTrue(hasQuantizers(prepared.model()));
        assertFalse(hasQuantizers(io.github.bitgrain.quantizer.nn.Network.of(module).model()));
    }

    @Test
    void nothingAskedForMeansWhatTheModelIs() {
        GraphModule module = GraphModule.of(network);
        ExportMode.Prepared asFloat = ExportMode.NONE.prepare(module, null, null, 4, 1);
        assertEquals(ExportMode.NONE, asFloat.mode());
        assertFalse(hasQuantizers(asFloat.model()));
        ExportMode.Prepared promoted = ExportMode.NONE.prepare(Quantization.ptq(module, null, samples, 4, QuantizationParams.DEFAULT, 1), null, null, 4, 1);
        assertEquals(ExportMode.INT8, promoted.mode());
        assertTrue(hasQuantizers(promoted.model()));
        refused("not calibrated: ", () -> ExportMode.NONE.prepare(new SelectiveQuantizer().quantizedCopy(module), null, null, 4, 1));
    }

    /** Half the size; the file computes what the network with rounded parameters computes, here and in ONNX Runtime. */
    @Test
    void fp16StoresHalvesAndIsRefusedForAQuantizedModel() throws OrtException {
        GraphModule module = GraphModule.of(network);
        refused("FP16 was asked for, but the model is quantized",
                () -> ExportMode.FP16.prepare(Quantization.ptq(module, null, samples, 4, QuantizationParams.DEFAULT, 1), null, null, 4, 1));
        ExportMode.Prepared prepared = ExportMode.FP16.prepare(module, null, null, 4, 1);
        assertEquals(ExportMode.FP16, prepared.mode());
        byte[] halves = OnnxWriter.writeHalf(prepared.model());
        assertTrue(halves.length < 0.55 * OnnxWriter.write(prepared.model()).length, halves.length + " bytes");
        Model rounded = new Model(prepared.model().graph(), prepared.model().parameters().copy());
        rounded.graph().parameterNames().forEach(name -> {
            float[] data = rounded.parameters().get(name).data();
            for (int i = 0; i < data.length; i++) {
                data[i] = Float.float16ToFloat(Float.floatToFloat16(data[i]));
            }
        });
        Map<String, Tensor> x = samples.read(0, 1);
        float[] expected = run(rounded, x);
        assertArrayEquals(expected, run(OnnxReader.read("half.onnx", null, halves), x));
        OrtEnvironment runtime = OrtEnvironment.getEnvironment();
        Map.Entry<String, Tensor> input = x.entrySet().iterator().next();
        long[] shape = Arrays.stream(input.getValue().shape().dims()).asLongStream().toArray();
        try (OrtSession session = runtime.createSession(halves, new OrtSession.SessionOptions());
                OnnxTensor fed = OnnxTensor.createTensor(runtime, FloatBuffer.wrap(input.getValue().data()), shape);
                OrtSession.Result result = session.run(Map.of(input.getKey(), fed))) {
            assertArrayEquals(expected, ((float[][]) result.get(0).getValue())[0], 1e-4f);
        }
        Tensor large = rounded.parameters().get(rounded.graph().parameterNames().iterator().next());
        large.data()[0] = 70000;
        refused("half precision ends at 65504", () -> OnnxWriter.writeHalf(rounded));
    }

    private static float[] run(Model model, Map<String, Tensor> x) {
        try (Executor executor = new Executor(model)) {
            return executor.run(x).values().iterator().next().data().clone();
        }
    }
}
