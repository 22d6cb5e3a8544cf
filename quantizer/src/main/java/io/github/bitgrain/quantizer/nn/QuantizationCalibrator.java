package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Gives the quantizers of a tree their ranges (SuperGradients: quantization/calibrator.py). Activations are collected while the network
 * runs in float; weights need no data and are taken as they are, once. Modes of the modules are as before afterwards.
 */
public final class QuantizationCalibrator {
    /** Samples that calibration uses when no number of batches is given. */
    public static final int USUAL_SAMPLES = 512;

    private final Options options;

    /** What becomes of a quantizer that no data reached. */
    public enum Unseen {
        /** Calibration fails. */
        ERROR,
        /** It is disabled, and the log says so. */
        DISABLE_AND_WARN,
        /** It takes the range of each call. */
        DYNAMIC
    }

    /**
     * How to calibrate.
     *
     * @param method how ranges are taken from histograms
     * @param batches number of batches that are used
     * @param unseen what becomes of quantizers that no data reached
     * @param threads number of threads; results do not depend on it
     * @param log hears of each quantizer, null for silence
     */
    public record Options(AmaxMethod method, int batches, Unseen unseen, int threads, Consumer<String> log) {
        /** Percentile 99.99 of two batches. */
        public static final Options DEFAULT = new Options(AmaxMethod.of(AmaxMethod.Kind.PERCENTILE), 2, Unseen.DISABLE_AND_WARN, 1, null);

        /** These with another method and number of batches. */
        public Options with(AmaxMethod newMethod, int newBatches) {
            return new Options(newMethod, newBatches, unseen, threads, log);
        }

        /** These with another policy for quantizers that no data reached. */
        public Options unseen(Unseen policy) {
            return new Options(method, batches, policy, threads, log);
        }
    }

    /** A calibrator. */
    public QuantizationCalibrator(Options options) {
        if (options.batches() < 1) {
            throw BitgrainException.usage("num_calib_batches: " + options.batches() + "; at least 1 batch is needed");
        }
        this.options = options;
    }

    /** Number of batches when none is given: about {@value #USUAL_SAMPLES} samples. */
    public static int usualBatches(int batchSize) {
        return Math.max(1, USUAL_SAMPLES / batchSize);
    }

    /** The quantizers of a tree by path. */
    public static Map<String, TensorQuantizer> quantizers(Module root) {
        Map<String, TensorQuantizer> quantizers = new LinkedHashMap<>();
        root.named().forEach((path, module) -> {
            if (module instanceof TensorQuantizer quantizer) {
                quantizers.put(path, quantizer);
            }
        });
        return quantizers;
    }

    /**
     * Collects from at most {@link Options#batches} batches, no more are drawn, and sets the ranges.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @param batches inputs by name
     * @throws BitgrainException (bad input) for NaN in the data, naming the quantizer; or without any batch
     */
    public void calibrate(Module root, Shape shape, Iterable<Map<String, Tensor>> batches) {
        Map<String, TensorQuantizer> quantizers = quantizers(root);
        List<String> unseen = new ArrayList<>();
        inFloat(root, quantizers, () -> collect(Network.of(root, shape), quantizers, batches));
        quantizers.forEach((path, quantizer) -> {
            if (quantizer.isEnabled() && quantizer.descriptor().amax() == null && !quantizer.loadCalibAmax(options.method())) {
                unseen.add(path);
            } else if (quantizer.isEnabled() && options.log() != null) {
                options.log().accept(path + ": " + quantizer);
            }
        });
        settle(unseen, quantizers);
    }

    /** Asks the collected statistics again, by another method; no data is needed. */
    public void recompute(Module root) {
        quantizers(root).values().stream().filter(quantizer -> quantizer.descriptor().amax() == null)
                .forEach(quantizer -> quantizer.loadCalibAmax(options.method()));
    }

    /** Frees the memory of all statistics. */
    public static void resetCalibrators(Module root) {
        quantizers(root).values().forEach(quantizer -> quantizer.calibrator().reset());
    }

    private static void inFloat(Module root, Map<String, TensorQuantizer> quantizers, Runnable work) {
        Map<Module, Boolean> modes = new LinkedHashMap<>();
        root.named().values().forEach(module -> modes.put(module, module.isTraining()));
        root.eval();
        quantizers.values().forEach(quantizer -> {
            quantizer.disableQuant();
            quantizer.enableCalib();
        });
        try {
            work.run();
        } finally {
            quantizers.values().forEach(quantizer -> {
                quantizer.disableCalib();
                quantizer.enableQuant();
            });
            modes.forEach((module, training) -> module.setTraining(training));
        }
    }

    private void collect(Network network, Map<String, TensorQuantizer> quantizers, Iterable<Map<String, Tensor>> batches) {
        Map<String, List<String>> byValue = new LinkedHashMap<>();
        network.observed().forEach((path, value) -> {
            if (network.model().graph().isParameter(value)) {
                collectParameter(path, network.model().parameters().get(value), quantizers.get(path));
            } else if (quantizers.get(path).descriptor().amax() == null) {
                byValue.computeIfAbsent(value, key -> new ArrayList<>()).add(path);
            }
        });
        Iterator<Map<String, Tensor>> source = batches.iterator();
        Executor.Options run = Executor.Options.defaults().threads(options.threads()).observe(byValue.keySet(),
                view -> byValue.get(view.name()).forEach(path -> named(path, () -> quantizers.get(path).calibrator().collect(view))));
        try (Executor executor = new Executor(network.model().graph(), network.model().parameters(), run)) {
            int done = 0;
            for (; done < options.batches() && source.hasNext(); done++) {
                executor.run(source.next());
            }
            if (done == 0) {
                throw BitgrainException.badInput("calibration: there is no data");
            }
        }
    }

    private static void collectParameter(String path, Tensor tensor, TensorQuantizer quantizer) {
        if (quantizer.descriptor().amax() == null) {
            quantizer.calibrator().reset();
            named(path, () -> quantizer.calibrator().collect(new ValueView(path, tensor.shape(), tensor.data(), 0, 1, tensor.size(), tensor.size(),
                    false, Kernels.floats())));
        }
    }

    private static void named(String path, Runnable work) {
        try {
            work.run();
        } catch (BitgrainException e) {
            throw new BitgrainException(e.kind(), "calibration of \"" + path + "\": " + e.getMessage(), e);
        }
    }

    private void settle(List<String> unseen, Map<String, TensorQuantizer> quantizers) {
        if (unseen.isEmpty()) {
            return;
        }
        String message = "no calibration data reached " + String.join(", ", unseen);
        switch (options.unseen()) {
            case ERROR -> throw BitgrainException.badInput(message);
            case DISABLE_AND_WARN -> unseen.forEach(path -> quantizers.get(path).disable());
            case DYNAMIC -> unseen.forEach(path -> quantizers.get(path).clearAmax());
        }
        if (options.log() != null) {
            options.log().accept(message + (options.unseen() == Unseen.DYNAMIC ? "; dynamic ranges are used" : "; disabled"));
        }
    }

    /**
     * Ranges of all weights without data: the same for any batch.
     *
     * @param method {@link AmaxMethod.Kind#MAX}, PERCENTILE or MSE
     * @param perChannel a range per output channel, or one
     */
    public static void calibrateWeights(Module root, AmaxMethod method, boolean perChannel) {
        if (method.kind() == AmaxMethod.Kind.ENTROPY) {
            throw BitgrainException.usage("weights are calibrated by max, percentile or mse, not by entropy");
        }
        root.named().forEach((path, module) -> module.weightSlots().forEach(slot -> calibrate(slot, method, perChannel, path)));
    }

    private static void calibrate(WeightSlot slot, AmaxMethod method, boolean perChannel, String path) {
        Tensor range = weightRange(slot, method, perChannel, path);
        slot.quantizer().clearAmax();
        slot.quantizer().setAmax(range);
    }

    /** The range that the weights themselves ask for: a scalar, or one per output channel. */
    public static Tensor weightRange(WeightSlot slot, AmaxMethod method, boolean perChannel, String path) {
        return WeightRange.of(slot.weight(), perChannel ? Optional.of(slot.channelAxis()) : Optional.empty(), method, slot.quantizer().descriptor(), path);
    }

    /**
     * Fails unless every enabled quantizer has a range.
     *
     * @throws BitgrainException (bad input) naming the ones that have none
     */
    public static void assertCalibrated(Module root) {
        List<String> dynamic = new ArrayList<>();
        quantizers(root).forEach((path, quantizer) -> {
            if (quantizer.isEnabled() && quantizer.isQuantizing() && quantizer.amax().isEmpty() && !quantizer.descriptor().learnAmax()) {
                dynamic.add(path);
            }
        });
        if (!dynamic.isEmpty()) {
            throw BitgrainException.badInput("not calibrated: " + String.join(", ", dynamic) + "; calibrate, or disable the quantizers");
        }
    }
}
