package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Quantization-aware training of a network in eager PyTorch: weights are rounded per output channel, inputs of convolutions, of the last product
 * and of sums per tensor, with the usual chain of elementary operations and a straight-through estimator.
 */
final class TorchNetwork implements AutoCloseable {
    private static final float LARGEST = 127;

    private final Model model;
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> weightScales = new LinkedHashMap<>();
    private final Optimizer optimizer = Optimizer.adamW().optLearningRateTracker(Tracker.fixed(1e-4f)).build();
    private final Loss loss = Loss.softmaxCrossEntropyLoss();

    TorchNetwork(Model model) {
        this.model = model;
        for (Node node : model.graph().nodes()) {
            if (!(node.op() instanceof Conv || node.op() instanceof Gemm)) {
                continue;
            }
            for (String name : node.inputs().subList(1, node.inputs().size())) {
                NDArray parameter = array(manager, model.parameters().get(name));
                parameter.setRequiresGradient(true);
                parameters.put(name, parameter);
            }
            NDArray weight = parameters.get(node.input(1));
            long channels = weight.getShape().get(0);
            long[] perChannel = new long[weight.getShape().dimension()];
            Arrays.fill(perChannel, 1);
            perChannel[0] = channels;
            weightScales.put(node.input(1),
                    weight.stopGradient().abs().reshape(channels, -1).max(new int[] {1}).div(LARGEST).reshape(new Shape(perChannel)));
        }
    }

    static NDArray array(NDManager manager, Tensor tensor) {
        int[] dims = tensor.shape().dims();
        long[] shape = new long[dims.length];
        for (int i = 0; i < dims.length; i++) {
            shape[i] = dims[i];
        }
        return manager.create(tensor.data(), new Shape(shape));
    }

    /** One step of training on images and their classes. */
    void step(Tensor images, Tensor classes) {
        try (NDManager batch = manager.newSubManager()) {
            try (GradientCollector gradients = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray outputs = forward(array(batch, images));
                NDArray error = loss.evaluate(new NDList(array(batch, classes).toType(DataType.INT64, false)), new NDList(outputs));
                gradients.backward(error);
            }
            parameters.forEach((name, parameter) -> {
                NDArray gradient = parameter.getGradient();
                gradient.attach(batch);
                optimizer.update(name, parameter, gradient);
            });
        }
    }

    private NDArray forward(NDArray images) {
        Map<String, NDArray> values = new LinkedHashMap<>();
        values.put(model.graph().inputs().keySet().iterator().next(), images);
        for (Node node : model.graph().nodes()) {
            NDArray x = values.get(node.input(0));
            values.put(node.output(), switch (node.op()) {
                case Conv conv -> convolve(node, conv, rounded(x));
                case Gemm gemm -> Linear.linear(rounded(x), weight(node), parameters.get(node.input(2))).singletonOrThrow();
                case Add add -> rounded(x).add(rounded(values.get(node.input(1))));
                case GlobalAveragePool pool -> rounded(x).mean(new int[] {3}, true).mean(new int[] {2}, true);
                case Flatten flatten -> x.reshape(x.getShape().get(0), -1);
                case Relu relu -> Activation.relu(x);
                case Clip clip -> x.clip(0, 6);
                default -> throw new IllegalArgumentException(node.op().getClass().getSimpleName() + " has no counterpart here");
            });
        }
        return values.get(model.graph().outputs().getFirst());
    }

    private NDArray convolve(Node node, Conv conv, NDArray x) {
        NDArray bias = node.hasInput(2) ? parameters.get(node.input(2)) : null;
        return Conv2d.conv2d(x, weight(node), bias, new Shape(conv.stride().h(), conv.stride().w()), new Shape(conv.pads().top(), conv.pads().left()),
                new Shape(1, 1), conv.groups()).singletonOrThrow();
    }

    private NDArray weight(Node node) {
        NDArray scale = weightScales.get(node.input(1));
        return throughRounding(parameters.get(node.input(1)), scale);
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
