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
    private final Map<String, List<Integer>> axes;

    /**
     * @param outputs outputs of the whole network, each made by the head or else by the body, in order
     * @param axes for outputs of the body whose axes do not stand in the network's order: for each axis, batch axis included, the network's
     */
    public HeadedNetwork(Network body, Network head, List<String> outputs, Map<String, List<Integer>> axes) {
        this.body = body;
        this.head = head;
        this.axes = axes;
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
    public int batch() {
        return body.batch();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> values) {
        Map<String, Tensor> made = body.run(values);
        int samples = made.values().iterator().next().shape().dim(0);
        Map<String, Tensor> read = new LinkedHashMap<>();
        head.inputs().forEach((name, shapes) -> read.put(name, inOrder(made.get(name), shapes.getFirst(), axes.get(name))));
        Map<String, Tensor> results = new LinkedHashMap<>();
        outputs.forEach((name, shape) -> results.put(name, head.outputs().containsKey(name) ? Tensor.zeros(shape.prepend(samples)) : made.get(name)));
        for (int first = 0; first < samples; first += head.batch()) {
            int start = first;
            int count = Math.min(head.batch(), samples - first);
            Map<String, Tensor> some = new LinkedHashMap<>();
            read.forEach((name, tensor) -> some.put(name, rows(tensor, start, count)));
            head.run(some).forEach((name, tensor) ->
                    System.arraycopy(tensor.data(), 0, results.get(name).data(), start * outputs.get(name).size(), tensor.size()));
        }
        return results;
    }

    private static Tensor rows(Tensor tensor, int first, int count) {
        Tensor rows = Tensor.zeros(tensor.shape().with(0, count));
        int size = rows.size() / count;
        System.arraycopy(tensor.data(), first * size, rows.data(), 0, count * size);
        return rows;
    }

    /** Samples with the network's order of axes. */
    private static Tensor inOrder(Tensor stored, Shape sample, List<Integer> axes) {
        int samples = stored.shape().dim(0);
        Tensor ordered = Tensor.zeros(sample.prepend(samples));
        int rank = sample.rank();
        int[] extents = new int[rank];
        int[] strides = new int[rank];
        for (int j = 0; j < rank; j++) {
            int axis = axes == null ? j : axes.get(j + 1) - 1;
            extents[j] = sample.dim(axis);
            strides[j] = sample.size(axis + 1, rank);
        }
        int[] position = new int[rank];
        int size = sample.size();
        for (int i = 0; i < size; i++) {
            int target = 0;
            for (int j = 0; j < rank; j++) {
                target += position[j] * strides[j];
            }
            for (int s = 0; s < samples; s++) {
                ordered.data()[s * size + target] = stored.data()[s * size + i];
            }
            for (int j = rank - 1; j >= 0 && ++position[j] == extents[j]; j--) {
                position[j] = 0;
            }
        }
        return ordered;
    }

    @Override
    public void close() {
        body.close();
        head.close();
    }
}
