package io.github.bitgrain.cli.network;

import io.github.bitgrain.cli.console.Progress;
import io.github.bitgrain.cli.metric.Metrics;
import io.github.bitgrain.cli.metric.Prediction;
import io.github.bitgrain.cli.metric.detection.DetectionTask;
import io.github.bitgrain.cli.metric.detection.Detections;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a network, and perhaps a reference beside it, over all samples of a data set and gathers metrics. */
public final class Evaluation {
    private final Network network;
    private final Network reference;
    private final DataSource data;
    private final List<Shape> inputShapes;

    /**
     * @param reference the network to compare with, or null; same inputs, same shapes of outputs
     * @throws BitgrainException (usage) if the two do not fit
     */
    public Evaluation(Network network, Network reference, DataSource data) {
        this.network = network;
        this.reference = reference;
        this.data = data;
        this.inputShapes = List.copyOf(data.sampleShapes().values());
        if (reference == null) {
            return;
        }
        List<List<Shape>> accepted = List.copyOf(reference.inputs().values());
        boolean sameInputs = accepted.size() == inputShapes.size();
        for (int i = 0; sameInputs && i < accepted.size(); i++) {
            sameInputs = accepted.get(i).contains(inputShapes.get(i));
        }
        if (!sameInputs) {
            throw BitgrainException.usage("--reference: the data of shape " + inputShapes + " does not fit its inputs "
                    + reference.inputs());
        }
        List<Shape> own = List.copyOf(network.outputs().values());
        List<Shape> other = List.copyOf(reference.outputs().values());
        boolean sameOutputs = own.size() == other.size();
        for (int i = 0; sameOutputs && i < own.size(); i++) {
            sameOutputs = own.get(i).equals(other.get(i)) || AxisOrder.channelsFirst(own.get(i)).equals(other.get(i));
        }
        if (!sameOutputs) {
            throw BitgrainException.usage("--reference: the models have different outputs: " + network.outputs() + " and "
                    + reference.outputs());
        }
    }

    /** What metrics must know of the network. */
    public Metrics.NetworkShape shape() {
        Shape output = network.outputs().values().iterator().next();
        return new Metrics.NetworkShape(dims(output), network.outputs().size(),
                inputShapes.getFirst().size());
    }

    /** Gathers what a detector finds; null without a task. */
    public Detections detections(DetectionTask task) {
        // With a reference, outputs are brought into the order of its axes.
        return task == null ? null : task.start(dims(inputShapes.getFirst()),
                (reference == null ? network : reference).outputs().values().stream().map(Evaluation::dims).toList());
    }

    private static List<Integer> dims(Shape shape) {
        return Arrays.stream(shape.dims()).boxed().toList();
    }

    /**
     * Runs over all samples.
     *
     * @param task what the progress display calls it
     * @return the value of each metric
     */
    public Map<String, Double> run(Metrics metrics, Progress progress, String task) {
        int batch = reference == null ? network.batch() : Math.min(network.batch(), reference.batch());
        progress.begin(task, data.samples() + " samples", data.samples());
        int done = 0;
        for (Map<String, Tensor> inputs : data.batches(batch)) {
            List<Tensor> in = List.copyOf(inputs.values());
            int count = in.getFirst().shape().dim(0);
            List<Tensor> other = reference == null ? null : List.copyOf(reference.run(renamed(in)).values());
            List<Tensor> out = aligned(network.run(inputs), other == null ? in : other);
            for (int i = 0; i < count; i++) {
                metrics.add(new Prediction(done + i, sample(in.subList(0, 1), i), sample(out, i),
                        other == null ? null : sample(other, i)));
            }
            done += count;
            progress.step(done);
        }
        progress.end();
        return metrics.values();
    }

    /** The reference may call its inputs otherwise: they are taken in order. */
    private Map<String, Tensor> renamed(List<Tensor> inputs) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        int i = 0;
        for (String name : reference.inputs().keySet()) {
            renamed.put(name, inputs.get(i++));
        }
        return renamed;
    }

    /** Outputs in the axis order of what they are compared with, where that is the other order of the same shape. */
    private List<Tensor> aligned(Map<String, Tensor> outputs, List<Tensor> wanted) {
        List<Tensor> aligned = new ArrayList<>();
        List<String> theirs = reference == null ? List.of() : List.copyOf(reference.outputs().keySet());
        int i = -1;
        for (Map.Entry<String, Tensor> named : outputs.entrySet()) {
            i++;
            Tensor output = named.getValue();
            Shape shape = output.shape().without(0);
            Shape other = i < wanted.size() ? wanted.get(i).shape().without(0) : shape;
            boolean hidden = network.hasChannelsLast(named.getKey()) && (i >= theirs.size() || !reference.hasChannelsLast(theirs.get(i)));
            if (!AxisOrder.channelsFirst(shape).equals(other) || shape.equals(other) && !hidden) {
                aligned.add(output);
                continue;
            }
            Tensor turned = Tensor.zeros(other.prepend(output.shape().dim(0)));
            for (int s = 0; s < output.shape().dim(0); s++) {
                float[] sample = sample(List.of(output), s);
                System.arraycopy(AxisOrder.toChannelsFirst(sample, shape), 0, turned.data(), s * sample.length, sample.length);
            }
            aligned.add(turned);
        }
        return aligned;
    }

    /** Sample {@code index} of all tensors, one after another. */
    private static float[] sample(List<Tensor> tensors, int index) {
        int size = tensors.stream().mapToInt(t -> t.shape().without(0).size()).sum();
        float[] values = new float[size];
        int at = 0;
        for (Tensor tensor : tensors) {
            int length = tensor.shape().without(0).size();
            System.arraycopy(tensor.data(), index * length, values, at, length);
            at += length;
        }
        return values;
    }
}
