package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Quantization-aware training of a network in eager PyTorch: weights are rounded per output channel, inputs of convolutions, of the last product
 * and of sums per tensor, with the usual chain of elementary operations and a straight-through estimator.
 */
final class TorchNetwork implements AutoCloseable {
    private static final float LARGEST = 127;

    private final Model model;
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final TorchParameters parameters =
            new TorchParameters(manager, Optimizer.adamW().optLearningRateTracker(Tracker.fixed(1e-4f)).build());
    private final Map<String, NDArray> weightScales = new LinkedHashMap<>();
    private final Loss loss = Loss.softmaxCrossEntropyLoss();

    TorchNetwork(Model model) {
        this.model = model;
        for (Node node : model.graph().nodes()) {
            if (!(node.op() instanceof Conv || node.op() instanceof Gemm)) {
                continue;
            }
            for (String name : node.inputs().subList(1, node.inputs().size())) {
                NDArray parameter = parameters.put(name, model.parameters().get(name));
                if (name.equals(node.input(1))) {
                    weightScales.put(name, scale(parameter));
                }
            }
        }
    }

    private static NDArray scale(NDArray weight) {
        long[] perChannel = new long[weight.getShape().dimension()];
        Arrays.fill(perChannel, 1);
        perChannel[0] = weight.getShape().get(0);
        return weight.abs().reshape(perChannel[0], -1).max(new int[] {1}).div(LARGEST).reshape(new Shape(perChannel));
    }

    /** One step of training on images and their classes. */
    void step(Tensor images, Tensor classes) {
        try (NDManager batch = manager.newSubManager()) {
            Map<String, NDArray> trained = parameters.views(batch);
            try (GradientCollector gradients = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray outputs = forward(TorchOperators.array(batch, images), trained);
                NDArray labels = TorchOperators.array(batch, classes).toType(DataType.INT64, false);
                gradients.backward(loss.evaluate(new NDList(labels), new NDList(outputs)));
            }
            parameters.update(trained);
        }
    }

    private NDArray forward(NDArray images, Map<String, NDArray> trained) {
        Map<String, NDArray> values = new LinkedHashMap<>();
        values.put(model.graph().inputs().keySet().iterator().next(), images);
        for (Node node : model.graph().nodes()) {
            List<NDArray> operands = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                if (node.isTensorInput(i)) {
                    operands.add(operand(node, node.input(i), values, trained));
                }
            }
            values.put(node.output(), TorchOperators.apply(node, operands).getFirst());
        }
        return values.get(model.graph().outputs().getFirst());
    }

    private NDArray operand(Node node, String name, Map<String, NDArray> values, Map<String, NDArray> trained) {
        if (weightScales.containsKey(name)) {
            return throughRounding(trained.get(name), weightScales.get(name));
        }
        if (trained.containsKey(name)) {
            return trained.get(name);
        }
        boolean onIntegers = node.op() instanceof Conv || node.op() instanceof Gemm || node.op() instanceof Add || node.op() instanceof GlobalAveragePool;
        return onIntegers ? rounded(values.get(name)) : values.get(name);
    }

    /** A value rounded to 8 bits with a fixed scale. */
    private static NDArray rounded(NDArray x) {
        float scale = 6 / LARGEST;
        NDArray within = x.clip(-LARGEST * scale, LARGEST * scale);
        return within.add(within.div(scale).round().mul(scale).sub(within).stopGradient());
    }

    private static NDArray throughRounding(NDArray w, NDArray scale) {
        return w.add(w.div(scale).round().clip(-LARGEST, LARGEST).mul(scale).sub(w).stopGradient());
    }

    @Override
    public void close() {
        manager.close();
    }
}
