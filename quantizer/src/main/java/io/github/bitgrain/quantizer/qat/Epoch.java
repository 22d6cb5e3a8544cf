package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.autodiff.GradientExecutor;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.core.train.Adam;
import io.github.bitgrain.core.train.Optimizer;
import io.github.bitgrain.core.train.Schedule;
import io.github.bitgrain.core.train.Sgd;
import io.github.bitgrain.core.train.TrainingLoop;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.qat.TrainingParams.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The epochs of a run, one after the other; they share executor and optimizer as long as the network stays the same. */
final class Epoch implements AutoCloseable {
    private final Trainee trainee;
    private final TrainingParams params;
    private final int batch;
    private final int steps;
    private final double[] rates;
    private final Shape output;
    private final GradientExecutor.Storage storage;
    private final Map<String, float[]> sums = new LinkedHashMap<>();
    private GradientExecutor executor;
    private Optimizer optimizer;

    Epoch(Trainee trainee, TrainingParams params, int batch, int steps, double[] rates, Shape output) {
        this.trainee = trainee;
        this.params = params;
        this.batch = batch;
        this.steps = steps;
        this.rates = rates;
        this.output = output;
        storage = new GradientExecutor.Storage(params.threads());
    }

    /** Prepares an epoch; a network that changed is compiled anew, and the optimizer remembers what it knew. */
    void begin(int epoch) {
        boolean changed = trainee.beginEpoch(epoch, params.maxEpochs());
        if (executor != null && !changed) {
            return;
        }
        Map<String, float[]> remembered = new LinkedHashMap<>();
        if (optimizer != null) {
            optimizer.state().forEach((name, values) -> remembered.put(name, values.clone()));
            executor.close();
        }
        Model network = params.loss().append(trainee.training(), output);
        executor = new GradientExecutor(network.graph(), network.parameters(), batch, Loss.name(), trainee.trained(), List.of(), storage,
                Kernels.floats());
        optimizer = optimizer(network);
        if (params.batchAccumulate() > 1) {
            executor.gradients().forEach((name, tensor) -> sums.computeIfAbsent(name, key -> new float[tensor.size()]));
        }
        optimizer.state().forEach((name, values) -> {
            if (remembered.containsKey(name)) {
                System.arraycopy(remembered.get(name), 0, values, 0, values.length);
            }
        });
    }

    private Optimizer optimizer(Model network) {
        List<Optimizer.Group> groups = new ArrayList<>();
        TrainingParams.Optimization setting = params.optimizer();
        for (String name : trainee.trained()) {
            double factor = params.rateFactors().entrySet().stream().filter(entry -> name.startsWith(entry.getKey()))
                    .max(Comparator.comparingInt(entry -> entry.getKey().length())).map(Map.Entry::getValue).orElse(1.0)
                    * trainee.rateUnit(name);
            // Adam's decay is apart from the gradient; that of Kind.ADAM is added to it before the update.
            double decay = setting.kind() == Kind.ADAM ? 0 : decay(name, network);
            Schedule rate = update -> factor * rates[Math.min(rates.length - 1, (update + 1) * params.batchAccumulate() - 1)];
            groups.add(new Optimizer.Group(List.of(name), rate, decay));
        }
        return setting.kind() == Kind.SGD
                ? new Sgd(network.parameters(), executor.gradients(), groups, setting.momentum(), setting.nesterov())
                : new Adam(network.parameters(), executor.gradients(), groups);
    }

    private double decay(String name, Model network) {
        boolean vector = network.parameters().get(name).shape().rank() < 2;
        return !trainee.decays(name) || params.optimizer().noDecayOnBiasAndNorm() && vector ? 0 : params.optimizer().weightDecay();
    }

    /** What updates remember: the optimizer's state, and gradients that wait for more. */
    Map<String, float[]> optimizerState() {
        Map<String, float[]> state = new LinkedHashMap<>(optimizer.state());
        sums.forEach((name, sum) -> state.put(name + "/accumulated", sum));
        return state;
    }

    /** Runs an epoch; gives the mean loss. */
    double run(int epoch, int[] order, TrainingData data, Executor teacher, Ema ema, TrainingListener listener) {
        long seed = params.seed() * 0xD1B54A32D192ED03L + epoch;
        Prefetch prefetch = new Prefetch(step -> data.read(order, step * batch, batch, seed));
        int all = params.maxEpochs() * steps;
        TrainingLoop loop = new TrainingLoop(executor, new Updates(epoch, ema), step -> {
            TrainingData.Batch samples = prefetch.get(step, steps);
            Map<String, Tensor> inputs = new LinkedHashMap<>(samples.inputs());
            inputs.putAll(params.loss().targets(samples, output, teacher));
            return inputs;
        }).listener((step, loss) -> {
            listener.step(epoch * steps + step + 1, all, loss, rates[epoch * steps + step]);
            return true;
        });
        double sum = 0;
        for (float loss : loop.run(steps).losses()) {
            sum += loss;
        }
        return sum / steps;
    }

    /** The batch after the present one is prepared meanwhile. */
    private static final class Prefetch {
        private final java.util.function.IntFunction<TrainingData.Batch> source;
        private CompletableFuture<TrainingData.Batch> next;

        Prefetch(java.util.function.IntFunction<TrainingData.Batch> source) {
            this.source = source;
        }

        TrainingData.Batch get(int step, int steps) {
            TrainingData.Batch batch;
            try {
                batch = next == null ? source.apply(step) : next.join();
            } catch (java.util.concurrent.CompletionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : e;
            }
            Supplier<TrainingData.Batch> following = () -> source.apply(step + 1);
            next = step + 1 < steps ? CompletableFuture.supplyAsync(following) : null;
            return batch;
        }
    }

    /** Adds gradients, limits their norm, updates, averages. */
    private final class Updates implements Optimizer {
        private final int epoch;
        private final Ema ema;

        Updates(int epoch, Ema ema) {
            this.epoch = epoch;
            this.ema = ema;
        }

        @Override
        public void update(int step) {
            int global = epoch * steps + step;
            Map<String, Tensor> gradients = executor.gradients();
            if (params.batchAccumulate() > 1) {
                gradients.forEach((name, tensor) -> add(sums.get(name), tensor.data()));
                if ((global + 1) % params.batchAccumulate() != 0) {
                    return;
                }
                gradients.forEach((name, tensor) -> {
                    System.arraycopy(sums.get(name), 0, tensor.data(), 0, tensor.size());
                    Arrays.fill(sums.get(name), 0f);
                });
            }
            if (params.optimizer().kind() == Kind.ADAM) {
                gradients.forEach((name, tensor) -> decay(name, tensor.data()));
            }
            if (params.clipGradNorm() > 0) {
                limit(gradients);
            }
            int update = (global + 1) / params.batchAccumulate() - 1;
            optimizer.update(update);
            trainee.afterUpdate();
            if (ema != null) {
                ema.update(update + 1);
            }
        }

        private void decay(String name, float[] gradient) {
            float[] weights = trainee.training().parameters().get(name).data();
            float share = (float) Epoch.this.decay(name, trainee.training());
            for (int i = 0; i < gradient.length && share != 0; i++) {
                gradient[i] += share * weights[i];
            }
        }

        private void limit(Map<String, Tensor> gradients) {
            double square = 0;
            for (Tensor tensor : gradients.values()) {
                square += Kernels.floats().dot(tensor.size(), tensor.data(), 0, tensor.data(), 0);
            }
            double norm = Math.sqrt(square);
            if (norm > params.clipGradNorm()) {
                float factor = (float) (params.clipGradNorm() / norm);
                gradients.values().forEach(tensor -> {
                    for (int i = 0; i < tensor.size(); i++) {
                        tensor.data()[i] *= factor;
                    }
                });
            }
        }

        private static void add(float[] sum, float[] values) {
            for (int i = 0; i < values.length; i++) {
                sum[i] += values[i];
            }
        }

        @Override
        public Map<String, float[]> state() {
            return optimizer.state();
        }
    }

    @Override
    public void close() {
        if (executor != null) {
            executor.close();
        }
        storage.close();
    }
}
