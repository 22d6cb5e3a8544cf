package io.github.bitgrain.benchmarks.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bitgrain.core.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** A network in ONNX Runtime, fully optimized, with inputs that stay in native memory. */
final class OnnxRuntimePeer implements AutoCloseable {
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();

    OnnxRuntimePeer(byte[] model, Map<String, Tensor> inputs, int threads) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            session = environment.createSession(model, options);
        }
        for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
            Tensor tensor = input.getValue();
            FloatBuffer data = ByteBuffer.allocateDirect(4 * tensor.size()).order(ByteOrder.nativeOrder()).asFloatBuffer();
            data.put(tensor.data()).rewind();
            int[] dims = tensor.shape().dims();
            long[] shape = new long[dims.length];
            for (int i = 0; i < dims.length; i++) {
                shape[i] = dims[i];
            }
            this.inputs.put(input.getKey(), OnnxTensor.createTensor(environment, data, shape));
        }
    }

    void run() {
        try (OrtSession.Result result = session.run(inputs)) {
            if (result.size() == 0) {
                throw new IllegalStateException("no result");
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Values of the first result. */
    float[] first() throws OrtException {
        try (OrtSession.Result result = session.run(inputs)) {
            FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            return values;
        }
    }

    @Override
    public void close() throws OrtException {
        inputs.values().forEach(OnnxTensor::close);
        session.close();
    }
}
