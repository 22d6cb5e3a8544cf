package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.analyze.OutputError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds exponents among the few that can be right. First every root takes the exponent with the smallest exact squared error
 * over all places that quantize with it; then coordinate steps of ±1 are tried and kept where the output of the whole network
 * comes closer to the float one. Steps that the chip cannot shift, whose bias does not fit, or that a lane has no room for, are
 * never taken.
 */
final class ExponentSearch {
    private static final int REACH = 3;
    /** A step has to improve the output by this factor: smaller gains are noise of the samples. */
    private static final double WORTHWHILE = 0.995;
    /** Samples that propose a step. */
    private static final int MOST_SAMPLES = 64;

    private final QuantizedTwin twin;
    private final int threads;
    private final FloatKernels kernels = Kernels.floats();

    ExponentSearch(QuantizedTwin twin, int threads) {
        this.twin = twin;
        this.threads = threads;
    }

    /** Squared error per candidate exponent of one root. */
    private static final class Candidates {
        final int first;
        final double[] errors = new double[2 * REACH + 1];

        Candidates(int middle) {
            first = middle - REACH;
        }
    }

    /** Sets every activation root to the exponent of least error on the float values of these batches. */
    void leastError(List<Map<String, Tensor>> batches) {
        Map<Slot, Candidates> roots = new LinkedHashMap<>();
        Map<String, List<Slot>> slotsAt = new LinkedHashMap<>();
        for (Slot root : twin.roots()) {
            if (twin.isParameter(root) || twin.plan().config(root).perChannel()) {
                continue;
            }
            roots.put(root, new Candidates(twin.plan().exponents(root).single()));
            for (Slot slot : twin.quantizingWith(root)) {
                slotsAt.computeIfAbsent(twin.value(slot), key -> new ArrayList<>()).add(slot);
            }
        }
        Model original = twin.original();
        Executor.Options options = Executor.Options.defaults().threads(threads)
                .observe(slotsAt.keySet(), view -> slotsAt.get(view.name()).forEach(slot -> measure(view, slot, roots.get(twin.plan().root(slot)))));
        try (Executor executor = new Executor(original.graph(), original.parameters(), options)) {
            batches.forEach(executor::run);
        }
        roots.forEach((root, candidates) -> {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < candidates.errors.length; i++) {
                order.add(i);
            }
            order.sort(java.util.Comparator.comparingDouble(i -> candidates.errors[i]));
            for (int i : order) {
                if (tryExponents(root, Exponents.of(candidates.first + i))) {
                    return;
                }
            }
        });
    }

    private void measure(ValueView view, Slot slot, Candidates candidates) {
        SlotConfig config = twin.plan().config(slot);
        float[] rounded = new float[view.length()];
        for (int i = 0; i < candidates.errors.length; i++) {
            double error = 0;
            for (int row = 0; row < view.rows(); row++) {
                int start = view.offset() + row * view.stride();
                kernels.fakeQuantize(view.length(), view.data(), start, rounded, 0, candidates.first + i, config.qmin(), config.qmax(), config.rounding());
                error += kernels.squaredDistance(view.length(), view.data(), start, rounded, 0);
            }
            candidates.errors[i] += error;
        }
    }

    /** Sets every weight, row by row where rows have their own exponents, to the exponent of least squared error. */
    void leastWeightError() {
        for (Slot root : twin.roots()) {
            if (!twin.isParameter(root)) {
                continue;
            }
            SlotConfig config = twin.plan().config(root);
            Tensor weights = twin.parameters().get(twin.value(root));
            int count = twin.plan().exponents(root).count();
            int[] exponents = twin.plan().exponents(root).toArray();
            for (int channel = 0; channel < count; channel++) {
                float[] values = count == 1 ? weights.data() : channel(weights, config.axis(), channel);
                exponents[channel] = bestExponent(values, config, exponents[channel]);
            }
            fitWeight(root, exponents);
        }
    }

    /** The wanted exponents, lowered where the chip could not shift and raised where the bias would not fit. */
    private void fitWeight(Slot root, int[] wanted) {
        int[] present = twin.plan().exponents(root).toArray();
        if (!tryExponents(root, Exponents.of(wanted))) {
            for (int channel = 0; channel < wanted.length; channel++) {
                int[] one = twin.plan().exponents(root).toArray();
                one[channel] = wanted[channel];
                if (wanted[channel] != present[channel]) {
                    tryExponents(root, Exponents.of(one));
                }
            }
        }
    }

    private int bestExponent(float[] values, SlotConfig config, int present) {
        float[] rounded = new float[values.length];
        float[] range = new float[2];
        kernels.minMax(values.length, values, 0, range);
        float largest = Math.max(Math.abs(range[0]), Math.abs(range[1]));
        if (largest == 0) {
            return present;
        }
        int top = Math.getExponent(largest) + 2 - config.bits();
        double best = Double.POSITIVE_INFINITY;
        int exponent = present;
        for (int candidate = top + 1; candidate > top - REACH; candidate--) {
            kernels.fakeQuantize(values.length, values, 0, rounded, 0, candidate, config.qmin(), config.qmax(), config.rounding());
            double error = kernels.squaredDistance(values.length, values, 0, rounded, 0);
            if (error < best) {
                best = error;
                exponent = candidate;
            }
        }
        return exponent;
    }

    private static float[] channel(Tensor tensor, int axis, int channel) {
        int outer = tensor.shape().size(0, axis);
        int count = tensor.shape().dim(axis);
        int inner = tensor.shape().size(axis + 1, tensor.shape().rank());
        float[] values = new float[outer * inner];
        for (int o = 0; o < outer; o++) {
            System.arraycopy(tensor.data(), (o * count + channel) * inner, values, o * inner, inner);
        }
        return values;
    }

    private boolean tryExponents(Slot root, Exponents exponents) {
        QuantPlan before = twin.plan();
        boolean wasFine = twin.isComputable(before);
        twin.setExponents(root, exponents);
        if (wasFine && !twin.isComputable(twin.plan())) {
            twin.setPlan(before);
            return false;
        }
        return true;
    }

    /**
     * Coordinate steps judged by the network's output, on the samples given and on others that have to agree.
     *
     * @param batches samples that propose
     * @param targets float outputs for each batch
     * @param deciding samples that confirm
     * @param decidingTargets float outputs for each of those batches
     */
    void refine(List<Map<String, Tensor>> batches, List<Map<String, Tensor>> targets, List<Map<String, Tensor>> deciding,
            List<Map<String, Tensor>> decidingTargets) {
        List<Map<String, Tensor>> some = batches.subList(0, Math.min(batches.size(), Math.max(1, MOST_SAMPLES / samples(batches))));
        List<Map<String, Tensor>> someTargets = targets.subList(0, some.size());
        Model quantized = twin.quantized();
        try (Executor executor = new Executor(quantized.graph(), quantized.parameters(), Executor.Options.defaults().outputs(twin.judged()).threads(threads))) {
            double present = OutputError.noise(executor, some, someTargets).score();
            double confirmed = OutputError.noise(executor, deciding, decidingTargets).score();
            for (Slot root : twin.roots()) {
                if (twin.isParameter(root) || twin.plan().config(root).perChannel()) {
                    continue;
                }
                for (int step : new int[] {1, -1}) {
                    QuantPlan before = twin.plan();
                    if (!tryExponents(root, before.exponents(root).plus(step))) {
                        continue;
                    }
                    executor.refresh();
                    double error = OutputError.noise(executor, some, someTargets).score();
                    double check = error < present * WORTHWHILE ? OutputError.noise(executor, deciding, decidingTargets).score() : Double.NaN;
                    if (check < confirmed * WORTHWHILE) {
                        present = error;
                        confirmed = check;
                        break;
                    }
                    twin.setPlan(before);
                    executor.refresh();
                }
            }
        }
    }

    private static int samples(List<Map<String, Tensor>> batches) {
        return batches.getFirst().values().iterator().next().shape().dim(0);
    }
}
