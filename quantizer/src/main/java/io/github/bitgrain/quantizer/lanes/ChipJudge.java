package io.github.bitgrain.quantizer.lanes;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.analyze.OutputError;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the simulated chip makes of a quantized network on some samples: how far its results are from the float network's, and how far
 * its accumulators go. Samples run one by one, as on the chip.
 */
public final class ChipJudge {
    /** Samples that {@link #spread} takes: sums are formed again one product after the other. */
    private static final int SPREAD = 32;

    private final Model reference;
    private final List<String> judged;
    private final List<Map<String, Tensor>> samples;
    private final int threads;
    private List<Map<String, Tensor>> targets;

    /**
     * A judge.
     *
     * @param reference float network whose results are wanted; it runs when they are needed first
     * @param samples inputs of one sample each
     * @param threads number of threads; results do not depend on it
     */
    public ChipJudge(Model reference, List<Map<String, Tensor>> samples, int threads) {
        this.reference = reference;
        this.judged = JudgedValues.of(reference.graph());
        this.samples = List.copyOf(samples);
        this.threads = threads;
    }

    /** A few samples, spread evenly over all. */
    public static List<Map<String, Tensor>> spread(DataSource source) {
        int count = Math.min(SPREAD, source.samples());
        return IntStream.range(0, count).mapToObj(i -> source.spread(i, count)).toList();
    }

    /** The samples of batches, one by one. */
    public static List<Map<String, Tensor>> singly(List<Map<String, Tensor>> batches) {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (Map<String, Tensor> batch : batches) {
            int count = batch.values().iterator().next().shape().dim(0);
            for (int i = 0; i < count; i++) {
                Map<String, Tensor> sample = new LinkedHashMap<>();
                for (Map.Entry<String, Tensor> input : batch.entrySet()) {
                    Shape shape = input.getValue().shape().without(0).prepend(1);
                    float[] data = input.getValue().data();
                    sample.put(input.getKey(), new Tensor(shape, Arrays.copyOfRange(data, i * shape.size(), (i + 1) * shape.size())));
                }
                samples.add(sample);
            }
        }
        return samples;
    }

    /**
     * {@link OutputError.Noise#score} of what the chip computes.
     *
     * @param model network whose results are those of the reference, but for quantization
     * @throws io.github.bitgrain.core.BitgrainException if the network cannot be lowered
     */
    public double noise(Model model, QuantPlan plan) {
        LoweredModel lowered = lower(model, plan);
        List<Map<String, Tensor>> wanted = targets();
        List<Map<String, Tensor>> results = new ArrayList<>(Collections.nCopies(samples.size(), null));
        int workers = Math.min(threads, samples.size());
        IntStream.range(0, workers).parallel().forEach(worker -> {
            Simulator simulator = new Simulator(lowered.program(), plan.target());
            for (int i = worker; i < samples.size(); i += workers) {
                run(simulator, lowered, samples.get(i));
                results.set(i, results(simulator, lowered, wanted.get(i)));
            }
        });
        return OutputError.noise(results::get, wanted).score();
    }

    /**
     * How far accumulators go, as if they had no limits.
     *
     * @param onlyDoubtful whether layers are left out whose weights prove that nothing can saturate
     * @return layers with their bits left, negative where a lane is too narrow, and the number of sums beyond it
     * @throws io.github.bitgrain.core.BitgrainException if the network cannot be lowered
     */
    public List<Headroom.Layer> headroom(Model model, QuantPlan plan, boolean onlyDoubtful) {
        LoweredModel lowered = lower(model, plan);
        int workers = Math.min(threads, samples.size());
        return IntStream.range(0, workers).parallel().mapToObj(worker -> seen(lowered, plan.target(), onlyDoubtful, worker, workers))
                .reduce((these, others) -> IntStream.range(0, these.size()).mapToObj(i -> these.get(i).with(others.get(i))).toList())
                .orElseThrow();
    }

    /** What every {@code step}-th sample from the first on does. */
    private List<Headroom.Layer> seen(LoweredModel lowered, Target target, boolean onlyDoubtful, int first, int step) {
        Simulator simulator = new Simulator(lowered.program(), target);
        Headroom.Watch watch = new Headroom.Watch(simulator, onlyDoubtful, Headroom.Sums.UNLIMITED);
        if (watch.isNeeded()) {
            simulator.observe(watch);
            for (int i = first; i < samples.size(); i += step) {
                run(simulator, lowered, samples.get(i));
            }
        }
        return watch.layers();
    }

    /** The program of the judged values alone: a softmax behind them hides most of the error. */
    private LoweredModel lower(Model model, QuantPlan plan) {
        return Lowering.lower(new Model(model.graph().part(judged), model.parameters()), plan, LoweringOptions.IMPROVED);
    }

    private List<Map<String, Tensor>> targets() {
        if (targets == null) {
            Executor.Options options = Executor.Options.defaults().outputs(judged).threads(threads);
            try (Executor executor = new Executor(reference.graph(), reference.parameters(), options)) {
                targets = samples.stream().map(executor::run).toList();
            }
        }
        return targets;
    }

    private static void run(Simulator simulator, LoweredModel lowered, Map<String, Tensor> sample) {
        lowered.program().inputs().forEach(name -> simulator.setInput(name, lowered.toChipOrder(name, sample.get(name).data())));
        simulator.run();
    }

    private static Map<String, Tensor> results(Simulator simulator, LoweredModel lowered, Map<String, Tensor> like) {
        Map<String, Tensor> results = new LinkedHashMap<>();
        like.forEach((name, tensor) -> {
            ChipBuffer buffer = simulator.value(name);
            float[] reals = new float[buffer.count()];
            for (int i = 0; i < reals.length; i++) {
                reals[i] = (float) buffer.real(i);
            }
            results.put(name, new Tensor(tensor.shape(), lowered.toOnnxOrder(name, reals)));
        });
        return results;
    }
}
