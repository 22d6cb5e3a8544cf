package io.github.bitgrain.benchmarks.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.Optimizer;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parameters under training in eager PyTorch. A step differentiates fresh views of them: their gradients begin at nothing, and what is computed
 * from them is freed with the step.
 */
final class TorchParameters {
    private final NDManager manager;
    private final Optimizer optimizer;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    TorchParameters(NDManager manager, Optimizer optimizer) {
        this.manager = manager;
        this.optimizer = optimizer;
    }

    /** Adds a copy of a tensor. */
    NDArray put(String name, Tensor tensor) {
        NDArray parameter = TorchOperators.array(manager, tensor);
        parameters.put(name, parameter);
        return parameter;
    }

    /** What a step differentiates, by name. */
    Map<String, NDArray> views(NDManager step) {
        Map<String, NDArray> views = new LinkedHashMap<>();
        parameters.forEach((name, parameter) -> {
            NDArray view = TorchOperators.view(parameter, step);
            view.setRequiresGradient(true);
            views.put(name, view);
        });
        return views;
    }

    /** Moves the parameters along the gradients of a step's views. */
    void update(Map<String, NDArray> views) {
        views.forEach((name, view) -> optimizer.update(name, parameters.get(name), view.getGradient()));
    }
}
