package io.github.bitgrain.cli.network;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.ChipAxes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * A chip program, simulated bit by bit: floats are quantized as the chip does, integer outputs become real numbers. Inputs
 * may have the chip's axes or, also where the shapes of both are the same, ONNX's; outputs have the chip's.
 */
public final class ChipNetwork implements Network {
    private static final int SAMPLES_PER_THREAD = 8;

    private final Map<String, List<Shape>> inputs = new LinkedHashMap<>();
    private final Map<String, Shape> stated = new LinkedHashMap<>();
    private final Map<String, Shape> outputs = new LinkedHashMap<>();
    /** Inputs and outputs with channels last whose shape does not tell it. */
    private final Set<String> maps = new HashSet<>();
    private final List<Simulator> simulators = new ArrayList<>();

    /**
     * @param threads number of threads; results do not depend on it
     * @throws io.github.bitgrain.core.BitgrainException if a node cannot run on the target
     */
    public ChipNetwork(ChipProgram program, Target target, int threads) {
        for (String name : program.inputs()) {
            Shape sample = sample(program.value(name).shape());
            Shape first = AxisOrder.channelsFirst(sample);
            stated.put(name, sample);
            inputs.put(name, first.equals(sample) ? List.of(sample) : List.of(first, sample));
            if (AxisOrder.isAmbiguous(sample) && ChipAxes.readsMap(program, name)) {
                maps.add(name);
            }
        }
        for (String name : program.outputs()) {
            outputs.put(name, sample(program.value(name).shape()));
            if (AxisOrder.isAmbiguous(outputs.get(name)) && ChipAxes.makesMap(program, name)) {
                maps.add(name);
            }
        }
        simulators.add(new Simulator(program, target));
        // The samples of a streaming network are one stream, in order.
        for (int i = 1; i < threads && !simulators.getFirst().isStateful(); i++) {
            simulators.add(new Simulator(program, target));
        }
    }

    /** Chips compute one sample at a time; the batch axis, where there is one, has extent 1. */
    private static Shape sample(List<Integer> shape) {
        Shape whole = Shape.of(shape);
        return whole.rank() > 0 && whole.dim(0) == 1 ? whole.without(0) : whole;
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
    public boolean hasChannelsLast(String output) {
        return outputs.containsKey(output) && maps.contains(output);
    }

    @Override
    public int batch() {
        return simulators.size() * SAMPLES_PER_THREAD;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> values) {
        int count = values.values().iterator().next().shape().dim(0);
        Map<String, Tensor> results = new LinkedHashMap<>();
        outputs.forEach((name, shape) -> results.put(name, Tensor.zeros(shape.prepend(count))));
        int threads = Math.min(count, simulators.size());
        IntStream.range(0, threads).parallel().forEach(thread -> {
            for (int i = thread; i < count; i += threads) {
                run(simulators.get(thread), values, i, results);
            }
        });
        return results;
    }

    private void run(Simulator simulator, Map<String, Tensor> values, int index, Map<String, Tensor> results) {
        stated.forEach((name, shape) -> {
            Tensor tensor = values.get(name);
            boolean channelsFirst = !tensor.shape().without(0).equals(shape) || maps.contains(name);
            IntUnaryOperator source = channelsFirst ? AxisOrder.fromChannelsFirst(shape) : IntUnaryOperator.identity();
            float[] reals = new float[shape.size()];
            for (int i = 0; i < reals.length; i++) {
                reals[i] = tensor.data()[index * reals.length + source.applyAsInt(i)];
            }
            simulator.setInput(name, reals);
        });
        simulator.run();
        results.forEach((name, tensor) -> {
            ChipBuffer buffer = simulator.value(name);
            int size = buffer.count();
            for (int i = 0; i < size; i++) {
                tensor.data()[index * size + i] = (float) buffer.real(i);
            }
        });
    }

    @Override
    public void close() {
        // Simulators hold memory only.
    }
}
