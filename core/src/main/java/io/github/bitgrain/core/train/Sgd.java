package io.github.bitgrain.core.train;

import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum (Polyak 1964, in the form of PyTorch): {@code v = momentum · v + g + decay · w},
 * {@code w −= rate · v}.
 */
public final class Sgd implements Optimizer {
    private final float momentum;
    private final boolean nesterov;
    private final List<Slot> slots = new ArrayList<>();

    private record Slot(Group group, String name, float[] weights, float[] gradient, float[] velocity) {}

    /**
     * An optimizer.
     *
     * @param gradients gradients by parameter name, live
     * @param groups every trained parameter in one group
     * @param momentum share of the old velocity, 0 for plain descent
     */
    public Sgd(Parameters parameters, Map<String, Tensor> gradients, List<Group> groups, double momentum) {
        this(parameters, gradients, groups, momentum, false);
    }

    /**
     * An optimizer.
     *
     * @param gradients gradients by parameter name, live
     * @param groups every trained parameter in one group
     * @param momentum share of the old velocity, 0 for plain descent
     * @param nesterov whether a step goes along {@code g + decay · w + momentum · v}, a look ahead (Nesterov 1983)
     */
    public Sgd(Parameters parameters, Map<String, Tensor> gradients, List<Group> groups, double momentum, boolean nesterov) {
        this.momentum = (float) momentum;
        this.nesterov = nesterov;
        for (Group group : groups) {
            for (String name : group.names()) {
                float[] weights = parameters.get(name).data();
                slots.add(new Slot(group, name, weights, gradients.get(name).data(), new float[weights.length]));
            }
        }
    }

    @Override
    public void update(int step) {
        for (Slot slot : slots) {
            float rate = (float) slot.group.rate().rate(step);
            float decay = (float) slot.group.decay();
            float[] w = slot.weights;
            float[] g = slot.gradient;
            float[] v = slot.velocity;
            for (int i = 0; i < w.length; i++) {
                float slope = g[i] + decay * w[i];
                v[i] = momentum * v[i] + slope;
                w[i] -= rate * (nesterov ? slope + momentum * v[i] : v[i]);
            }
        }
    }

    @Override
    public Map<String, float[]> state() {
        Map<String, float[]> state = new LinkedHashMap<>();
        slots.forEach(slot -> state.put(slot.name + "/velocity", slot.velocity));
        return state;
    }
}
