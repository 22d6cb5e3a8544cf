package io.github.bitgrain.core.train;

import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015, algorithm 1); weight decay, if any, is decoupled (Loshchilov and Hutter 2019). Moments are
 * allocated once.
 */
public final class Adam implements Optimizer {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final float EPSILON = 1e-8f;

    private final FloatKernels kernels = Kernels.floats();
    private final List<Slot> slots = new ArrayList<>();

    private record Slot(Group group, String name, float[] weights, float[] gradient, float[] mean, float[] square) {}

    /**
     * An optimizer.
     *
     * @param gradients gradients by parameter name, live
     * @param groups every trained parameter in one group
     */
    public Adam(Parameters parameters, Map<String, Tensor> gradients, List<Group> groups) {
        for (Group group : groups) {
            for (String name : group.names()) {
                float[] weights = parameters.get(name).data();
                slots.add(new Slot(group, name, weights, gradients.get(name).data(), new float[weights.length], new float[weights.length]));
            }
        }
    }

    @Override
    public void update(int step) {
        double correction1 = 1 - Math.pow(BETA1, step + 1.0);
        float root = (float) Math.sqrt(1 - Math.pow(BETA2, step + 1.0));
        for (Slot slot : slots) {
            double rate = slot.group.rate().rate(step);
            int n = slot.weights.length;
            if (slot.group.decay() != 0) {
                float kept = (float) (1 - rate * slot.group.decay());
                for (int i = 0; i < n; i++) {
                    slot.weights[i] *= kept;
                }
            }
            kernels.adam(n, slot.weights, 0, slot.gradient, 0, slot.mean, 0, slot.square, 0,
                    (float) (rate / correction1), (float) BETA1, (float) (1 - BETA1), (float) BETA2, (float) (1 - BETA2), root, EPSILON);
        }
    }

    @Override
    public Map<String, float[]> state() {
        Map<String, float[]> state = new LinkedHashMap<>();
        for (Slot slot : slots) {
            state.put(slot.name + "/mean", slot.mean);
            state.put(slot.name + "/square", slot.square);
        }
        return state;
    }
}
