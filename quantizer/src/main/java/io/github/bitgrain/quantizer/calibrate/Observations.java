package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.observe.Observer;
import io.github.bitgrain.quantizer.observe.Observers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Observers of some slots, and what they found. */
final class Observations {
    private final Map<Slot, Observer> observers = new LinkedHashMap<>();
    private final Map<String, List<Observer>> byValue = new LinkedHashMap<>();

    /**
     * Observers that have seen nothing yet.
     *
     * @param slots roots that wait for calibration
     */
    Observations(Graph graph, QuantPlan plan, Collection<Slot> slots, Profile profile) {
        Set<String> judged = Set.copyOf(JudgedValues.of(graph));
        for (Slot slot : slots) {
            Observer observer = Observers.create(observed(graph, plan, slot, judged), profile);
            observers.put(slot, observer);
            byValue.computeIfAbsent(value(graph, slot), key -> new ArrayList<>()).add(observer);
        }
    }

    /** The slots of a plan that wait for calibration. */
    static List<Slot> waiting(QuantPlan plan) {
        return plan.slots().stream().filter(slot -> plan.config(slot).state() == SlotState.INITIAL).toList();
    }

    /** First places count where the network's answer is read; kept inside it, they cost more error than they are worth. */
    private static SlotConfig observed(Graph graph, QuantPlan plan, Slot slot, Set<String> judged) {
        SlotConfig config = plan.config(slot);
        boolean ordered = judged.contains(value(graph, slot)) || plan.followers(slot).stream().anyMatch(follower -> judged.contains(value(graph, follower)));
        return config.observer().equals(Observers.ISOTONE) && !ordered ? config.withObserver(Observers.MSE) : config;
    }

    /** The value that a slot stands at. */
    private static String value(Graph graph, Slot slot) {
        Node node = graph.node(slot.node());
        return slot.side() == Slot.Side.INPUT ? node.input(slot.index()) : node.outputs().get(slot.index());
    }

    /** The values that have to be shown. */
    Set<String> values() {
        return byValue.keySet();
    }

    /** Shows one value of one batch to its observers. */
    void observe(ValueView view) {
        requireFinite(view);
        byValue.get(view.name()).forEach(observer -> observer.observe(view));
    }

    private static void requireFinite(ValueView view) {
        float[] range = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (int row = 0; row < view.rows(); row++) {
            view.kernels().minMax(view.length(), view.data(), view.offset() + row * view.stride(), range);
        }
        if (!Float.isFinite(range[0]) || !Float.isFinite(range[1])) {
            throw BitgrainException.badInput("calibration: value \"" + view.name() + "\" becomes " + (Float.isFinite(range[0]) ? range[1] : range[0])
                    + "; check the data and --scale, --mean, --std");
        }
    }

    /** Leaves the observers that have to see all batches a second time; whether there are any. */
    boolean startSecondPhase() {
        byValue.values().forEach(list -> list.removeIf(observer -> !observer.needsSecondPhase()));
        byValue.values().forEach(list -> list.forEach(Observer::startSecondPhase));
        return byValue.values().stream().anyMatch(list -> !list.isEmpty());
    }

    /** Writes the exponents that were found into a plan. */
    void write(QuantPlan.Builder edit) {
        observers.forEach((slot, observer) -> edit.exponents(slot, Exponents.of(observer.exponent())).state(slot, SlotState.ACTIVATED));
    }
}
