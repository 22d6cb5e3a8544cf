package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network in float arithmetic. */
public final class FloatNetwork implements Network {
    private static final int BATCH = 32;

    private final Map<String, List<Shape>> inputs = new LinkedHashMap<>();
    private final Map<String, Shape> outputs = new LinkedHashMap<>();
    private final int batch;
    private final Executor executor;

    /**
     * @param threads number of threads; results do not depend on it
     */
    public FloatNetwork(Model model, int threads) {
        Graph graph = model.graph();
        graph.inputs().forEach((name, shape) -> inputs.put(name, List.of(shape.without(0))));
        Map<String, Shape> shapes = ShapeInference.infer(graph, model.parameters(), 1);
        for (String name : graph.outputs()) {
            Shape shape = shapes.get(name);
            outputs.put(name, shape.rank() > 0 && shape.dim(0) == 1 ? shape.without(0) : shape);
        }
        batch = takesBatches(model) ? BATCH : 1;
        executor = new Executor(graph, model.parameters(), Executor.Options.defaults().threads(threads));
    }

    /** Some networks have a batch of one built in, for example into the shape of a Reshape. */
    private boolean takesBatches(Model model) {
        try {
            Map<String, Shape> shapes = ShapeInference.infer(model.graph(), model.parameters(), BATCH);
            return outputs.entrySet().stream().allMatch(e -> shapes.get(e.getKey()).equals(e.getValue().prepend(BATCH)));
        } catch (BitgrainException e) {
            return false;
        }
    }

    @Override
    public Map<String, List<Shape>> inputs() {
        return inputs;
    }

    @Override
    public Map<String, Shape> outputs() {
        return outputs;
    }

    @Override
    public int batch() {
        return batch;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> values) {
        Map<String, Tensor> results = executor.run(values);
        if (batch == 1) {
            results.replaceAll((name, tensor) -> tensor.reshape(outputs.get(name).prepend(1)));
        }
        return results;
    }

    @Override
    public void close() {
        executor.close();
    }
}
