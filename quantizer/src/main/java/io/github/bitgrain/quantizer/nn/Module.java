package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A part of a network: parameters (trained), buffers (not trained) and children, all by name. Its path is the names of its ancestors
 * and its own, joined by dots; the path of the root is empty. A module emits graph nodes; it computes nothing itself. Children are
 * found by name, never kept in fields, so that one can be replaced.
 */
public abstract class Module implements Cloneable {
    private Map<String, Module> children = new LinkedHashMap<>();
    private Map<String, Tensor> parameters = new LinkedHashMap<>();
    private Map<String, Tensor> buffers = new LinkedHashMap<>();
    private boolean training;

    /** A module without parts. */
    protected Module() {}

    /**
     * Emits what the module computes.
     *
     * @param x name of its operand
     * @return name of its result
     */
    public abstract String build(NetworkBuilder builder, String x);

    /** Adds or replaces a child. */
    public final void child(String name, Module module) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a child needs a name");
        }
        children.put(name, module);
    }

    /** Takes a child away. */
    final void removeChild(String name) {
        children.remove(name);
    }

    /** Takes a parameter away. */
    final void removeParameter(String name) {
        parameters.remove(name);
    }

    /** The child of a name, or null. */
    public final Module child(String name) {
        return children.get(name);
    }

    /** The children by name, in order. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** Adds or replaces a parameter. */
    protected final void parameter(String name, Tensor tensor) {
        parameters.put(name, tensor);
    }

    /** Adds or replaces a buffer; null removes it. */
    protected final void buffer(String name, Tensor tensor) {
        if (tensor == null) {
            buffers.remove(name);
        } else {
            buffers.put(name, tensor);
        }
    }

    /** Own parameters by name, in order; their data may be changed in place. */
    public final Map<String, Tensor> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** Own buffers by name, in order; their data may be changed in place. */
    public final Map<String, Tensor> buffers() {
        return Collections.unmodifiableMap(buffers);
    }

    /** This and all modules below by path, each before its children. */
    public final Map<String, Module> named() {
        Map<String, Module> named = new LinkedHashMap<>();
        collect("", named);
        return named;
    }

    private void collect(String path, Map<String, Module> into) {
        into.put(path, this);
        children.forEach((name, child) -> child.collect(join(path, name), into));
    }

    /** A path one level deeper. */
    public static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** All parameters and buffers of the tree by path, in order. */
    public final Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        named().forEach((path, module) -> {
            module.parameters.forEach((name, tensor) -> state.put(join(path, name), tensor));
            module.buffers.forEach((name, tensor) -> state.put(join(path, name), tensor));
        });
        return state;
    }

    /** The weights of this module that have a quantizer, children not counted. */
    public List<WeightSlot> weightSlots() {
        return List.of();
    }

    /** Makes the tree compute as in training. */
    public final Module train() {
        named().values().forEach(module -> module.training = true);
        return this;
    }

    /** Makes the tree compute as in use. */
    public final Module eval() {
        named().values().forEach(module -> module.training = false);
        return this;
    }

    /** Makes this module alone compute as in training or in use. */
    final void setTraining(boolean as) {
        training = as;
    }

    /** Whether the module computes as in training. */
    public final boolean isTraining() {
        return training;
    }

    /** A tree of its own: same classes and settings, copies of all tensors. */
    public Module copy() {
        try {
            Module copy = (Module) clone();
            copy.children = new LinkedHashMap<>();
            children.forEach((name, child) -> copy.children.put(name, child.copy()));
            copy.parameters = copies(parameters);
            copy.buffers = copies(buffers);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Tensor> copies(Map<String, Tensor> tensors) {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> copies.put(name, tensor.copy()));
        return copies;
    }

    /**
     * Takes the parameters and buffers of another module, by name, sharing their data.
     *
     * @param strict whether both must have the same ones
     */
    final void takeState(Module other, boolean strict) {
        if (strict && !(parameters.keySet().equals(other.parameters.keySet()) && buffers.keySet().equals(other.buffers.keySet()))) {
            throw new IllegalStateException(getClass().getSimpleName() + " has other parameters than " + other.getClass().getSimpleName() + ": "
                    + parameters.keySet() + " instead of " + other.parameters.keySet());
        }
        other.parameters.forEach((name, tensor) -> parameters.computeIfPresent(name, (key, old) -> tensor));
        other.buffers.forEach((name, tensor) -> buffers.computeIfPresent(name, (key, old) -> tensor));
        training = other.training;
    }

    /** What {@link #toString} says besides the class; empty for nothing. */
    protected String details() {
        return "";
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + (details().isEmpty() ? "" : "(" + details() + ")");
    }
}
