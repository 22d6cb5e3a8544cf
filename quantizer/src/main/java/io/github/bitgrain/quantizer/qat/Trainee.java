package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.Map;
import java.util.Set;

/** A network that can be trained. All forms share their tensors. */
public interface Trainee {
    /** The network as in training, without loss; changes at most between epochs. */
    Model training();

    /** The network as in use. */
    Model evaluation();

    /** Names of the parameters of the training form that are trained. */
    Set<String> trained();

    /** All tensors that make up its state, by name, in order, live. */
    Map<String, Tensor> state();

    /** Names of the tensors in {@link #state} that an average over time copies instead: ranges. */
    Set<String> ranges();

    /** What the learning rate of a parameter is counted in. */
    default double rateUnit(String name) {
        return 1;
    }

    /** Whether weight decay may shrink a parameter; not where its size says something else than how large values are. */
    default boolean decays(String parameter) {
        return true;
    }

    /**
     * Prepares an epoch.
     *
     * @return whether {@link #training} is another network than before
     */
    default boolean beginEpoch(int epoch, int epochs) {
        return false;
    }

    /** Called after each update. */
    default void afterUpdate() {}

    /** How it is quantized, in words by place; what a checkpoint must agree with. */
    default Map<String, String> manifest() {
        return Map.of();
    }
}
