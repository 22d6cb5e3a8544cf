package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A body, in whatever arithmetic, and the head of its network in float. */
public final class HeadedNetwork implements Network {
    private final Network body;
    private final Network head;
    private final Map<String, Shape> outputs = new LinkedHashMap<>();

    /**
     * @param head reads outputs of the body, as they are
     * @param outputs outputs of the whole network, each made by the head or else by the body, in order
     */
    public HeadedNetwork(Network body, Network head, List<String> outputs) {
        this.body = body;
        this.head = head;
        outputs.forEach(output -> this.outputs.put(output, head.outputs().getOrDefault(output, body.outputs().get(output))));
    }

    @Override
    public Map<String, List<Shape>> inputs() {
        return body.inputs();
    }

    @Override
    public Map<String, Shape> outputs() {
        return outputs;
    }

    @Override
    public boolean hasChannelsLast(String output) {
        return !head.outputs().containsKey(output) && body.hasChannelsLast(output);
    }

    @Override
    public int batch() {
        return body.batch();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> values) {
        Map<String, Tensor> made = body.run(values);
        int samples = made.values().iterator().next().shape().dim(0);
        Map<String, Tensor> results = new LinkedHashMap<>();
        outputs.forEach((name, shape) -> results.put(name, head.outputs().containsKey(name) ? Tensor.zeros(shape.prepend(samples)) : made.get(name)));
        for (int first = 0; first < samples; first += head.batch()) {
            int start = first;
            int count = Math.min(head.batch(), samples - first);
            Map<String, Tensor> some = new LinkedHashMap<>();
            head.inputs().forEach((name, shapes) -> some.put(name, rows(made.get(name), shapes.getFirst(), start, count)));
            head.run(some).forEach((name, tensor) ->
                    System.arraycopy(tensor.data(), 0, results.get(name).data(), start * outputs.get(name).size(), tensor.size()));
        }
        return results;
    }

    private static Tensor rows(Tensor samples, Shape sample, int first, int count) {
        Tensor rows = Tensor.zeros(sample.prepend(count));
        System.arraycopy(samples.data(), first * sample.size(), rows.data(), 0, rows.size());
        return rows;
    }

    @Override
    public void close() {
        body.close();
        head.close();
    }
}
