package io.github.bitgrain.core.train;

import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum (Polyak 1964, in the form of PyTorch): {@code v = momentum · v + g + decay · w},
 * {@code w −= rate · v}.
 */
public final class Sgd implements Optimizer {
    private final float momentum;
    private final List<Slot> slots = new ArrayList<>();

    private record Slot(Group group, float[] weights, float[] gradient, float[] velocity) {}

    /**
     * An optimizer.
     *
     * @param gradients gradients by parameter name, live
     * @param groups every trained parameter in one group
     * @param momentum share of the old velocity, 0 for plain descent
     */
    public Sgd(Parameters parameters, Map<String, Tensor> gradients, List<Group> groups, double momentum) {
        this.momentum = (float) momentum;
        for (Group group : groups) {
            for (String name : group.names()) {
                float[] weights = parameters.get(name).data();
                slots.add(new Slot(group, weights, gradients.get(name).data(), new float[weights.length]));
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
                v[i] = momentum * v[i] + (g[i] + decay * w[i]);
                w[i] -= rate * v[i];
            }
        }
    }
}
