package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors beside a graph: weights, biases, constants, by name, in order. Training changes their data in place; a
 * {@link Snapshot} brings earlier data back without allocation.
 */
public final class Parameters {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** An empty store. */
    public Parameters() {}

    /** A store of these tensors; the tensors themselves are shared. */
    public Parameters(Map<String, Tensor> tensors) {
        this.tensors.putAll(tensors);
    }

    /** The names, in order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /**
     * The tensor of a name; its data may be changed in place.
     *
     * @throws BitgrainException (bad input) when there is none
     */
    public Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw BitgrainException.badInput("the network has no parameter \"" + name + "\"");
        }
        return tensor;
    }

    /** Adds or replaces a tensor. */
    public Parameters put(String name, Tensor tensor) {
        tensors.put(name, tensor);
        return this;
    }

    /** Removes a tensor. */
    public void remove(String name) {
        tensors.remove(name);
    }

    /** A store with the same tensors that can be extended independently; the data is shared. */
    public Parameters shallowCopy() {
        return new Parameters(tensors);
    }

    /** A store with the tensors that have one of these names, in their order here; the data is shared. */
    public Parameters only(Set<String> names) {
        Parameters some = shallowCopy();
        some.tensors.keySet().retainAll(names);
        return some;
    }

    /** A store with data of its own. */
    public Parameters copy() {
        Parameters copy = new Parameters();
        tensors.forEach((name, tensor) -> copy.put(name, tensor.copy()));
        return copy;
    }

    /** Remembers the present data of all tensors. */
    public Snapshot snapshot() {
        return snapshot(tensors.keySet());
    }

    /** Remembers the present data of some tensors. */
    public Snapshot snapshot(Collection<String> names) {
        List<float[]> live = new ArrayList<>();
        names.forEach(name -> live.add(get(name).data()));
        return new Snapshot(live);
    }

    /** Earlier data of some tensors. Taking it again and restoring allocate nothing. */
    public static final class Snapshot {
        private final List<float[]> live;
        private final List<float[]> saved = new ArrayList<>();

        private Snapshot(List<float[]> live) {
            this.live = live;
            live.forEach(data -> saved.add(data.clone()));
        }

        /** Remembers the data as it is now. */
        public void take() {
            copy(live, saved);
        }

        /** Brings the remembered data back. */
        public void restore() {
            copy(saved, live);
        }

        private static void copy(List<float[]> from, List<float[]> to) {
            for (int i = 0; i < from.size(); i++) {
                System.arraycopy(from.get(i), 0, to.get(i), 0, from.get(i).length);
            }
        }
    }
}
