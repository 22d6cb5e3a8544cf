package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Steps of a block in eager PyTorch, operation by operation as ESP-PPQ does them on the processor. */
final class TorchBlock implements AutoCloseable {
    private final TrainedBlock block;
    private final float intLambda;
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final TorchParameters parameters;
    /** Scales that are not trained, by the name of their threshold. */
    private final Map<String, NDArray> scales = new LinkedHashMap<>();
    private final List<Map<String, NDArray>> inputs;
    private final List<Map<String, NDArray>> targets;
    private int steps;

    TorchBlock(TrainedBlock block, double rate, double intLambda) {
        this.block = block;
        this.intLambda = (float) intLambda;
        parameters = new TorchParameters(manager, Optimizer.adam().optLearningRateTracker(Tracker.fixed((float) rate)).build());
        block.weights().forEach(name -> parameters.put(name, block.parameters().get(name)));
        block.alphas().forEach(name -> parameters.put(name, block.parameters().get(name)));
        for (Node node : block.graph().nodes()) {
            if (node.op() instanceof FakeQuant && !block.alphas().contains(node.input(1))) {
                scales.put(node.input(1), TorchOperators.scale(manager.create(2f), TorchOperators.array(manager, block.parameters().get(node.input(1)))));
            }
        }
        inputs = arrays(block.inputs());
        targets = arrays(block.targets());
    }

    private List<Map<String, NDArray>> arrays(List<Map<String, Tensor>> batches) {
        List<Map<String, NDArray>> arrays = new ArrayList<>();
        for (Map<String, Tensor> batch : batches) {
            Map<String, NDArray> values = new LinkedHashMap<>();
            batch.forEach((name, tensor) -> values.put(name, TorchOperators.array(manager, tensor)));
            arrays.add(values);
        }
        return arrays;
    }

    /** What the first batch gives now. */
    TrainedBlock.Derivatives derivatives() {
        try (NDManager batch = manager.newSubManager()) {
            Map<String, NDArray> trained = parameters.views(batch);
            float loss = differentiate(0, trained, batch).getFloat();
            Map<String, float[]> gradients = new LinkedHashMap<>();
            trained.forEach((name, view) -> gradients.put(name, view.getGradient().toFloatArray()));
            return new TrainedBlock.Derivatives(loss, gradients);
        }
    }

    /** One step, on the next batch. */
    void step() {
        try (NDManager batch = manager.newSubManager()) {
            Map<String, NDArray> trained = parameters.views(batch);
            differentiate(steps++ % inputs.size(), trained, batch);
            parameters.update(trained);
        }
    }

    private NDArray differentiate(int index, Map<String, NDArray> trained, NDManager batch) {
        try (GradientCollector gradients = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray loss = loss(index, trained, batch);
            gradients.backward(loss);
            return loss;
        }
    }

    private NDArray loss(int index, Map<String, NDArray> trained, NDManager batch) {
        Map<String, NDArray> values = new LinkedHashMap<>(trained);
        inputs.get(index).forEach((name, array) -> values.put(name, TorchOperators.view(array, batch)));
        NDArray two = batch.create(2f);
        for (Node node : block.graph().nodes()) {
            List<NDArray> results = node.op() instanceof FakeQuant quantizer
                    ? List.of(quantized(quantizer, values.get(node.input(0)), node.input(1), two, trained))
                    : TorchOperators.apply(node, operands(node, values));
            for (int i = 0; i < results.size(); i++) {
                values.put(node.outputs().get(i), results.get(i));
            }
        }
        NDArray loss = batch.create(0f);
        for (Map.Entry<String, NDArray> target : targets.get(index).entrySet()) {
            loss = loss.add(values.get(target.getKey()).sub(target.getValue()).square().mean());
        }
        return intLambda == 0 ? loss : loss.add(distanceToIntegers(trained, batch).mul(intLambda));
    }

    private NDArray quantized(FakeQuant quantizer, NDArray x, String alpha, NDArray two, Map<String, NDArray> trained) {
        NDArray scale = trained.containsKey(alpha) ? TorchOperators.scale(two, trained.get(alpha)) : scales.get(alpha);
        return TorchOperators.fakeQuantize(quantizer, x, TorchOperators.along(quantizer, scale, x.getShape().dimension()));
    }

    private static List<NDArray> operands(Node node, Map<String, NDArray> values) {
        List<NDArray> operands = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (node.isTensorInput(i)) {
                operands.add(values.get(node.input(i)));
            }
        }
        return operands;
    }

    private NDArray distanceToIntegers(Map<String, NDArray> trained, NDManager batch) {
        NDArray sum = batch.create(0f);
        for (String name : block.alphas()) {
            NDArray alpha = trained.get(name);
            sum = sum.add(alpha.sub(alpha.stopGradient().round()).square().mean());
        }
        return sum;
    }

    @Override
    public void close() {
        manager.close();
    }
}
