package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.analyze.JudgedValues;
import io.github.bitgrain.quantizer.observe.Observer;
import io.github.bitgrain.quantizer.observe.Observers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Scales of activations from samples: one pass, and a second one for observers that need it. Weights are quantized meanwhile,
 * activations are not.
 */
public final class ActivationCalibration {
    private ActivationCalibration() {}

    /**
     * The plan with the exponents of all activations that wait for calibration.
     *
     * @param progress hears after each batch how many are done, of {@code passes * batches.count()}
     */
    public static QuantPlan apply(Model model, QuantPlan plan, Batches batches, Profile profile, int threads, IntConsumer progress) {
        Map<Slot, Observer> observers = new LinkedHashMap<>();
        Map<String, List<Observer>> byValue = new LinkedHashMap<>();
        Set<String> judged = Set.copyOf(JudgedValues.of(model.graph()));
        for (Slot slot : plan.slots()) {
            if (plan.config(slot).state() == SlotState.INITIAL) {
                Observer observer = Observers.create(observed(model.graph(), plan, slot, judged), profile);
                observers.put(slot, observer);
                byValue.computeIfAbsent(value(model.graph(), slot), key -> new ArrayList<>()).add(observer);
            }
        }
        Model weightsQuantized = FakeQuantization.insert(model, plan);
        Executor.Options options = Executor.Options.defaults().threads(threads)
                .observe(byValue.keySet(), view -> {
                    requireFinite(view);
                    byValue.get(view.name()).forEach(observer -> observer.observe(view));
                });
        int done = 0;
        try (Executor executor = new Executor(weightsQuantized.graph(), weightsQuantized.parameters(), options)) {
            for (int i = 0; i < batches.count(); i++) {
                executor.run(batches.get(i));
                progress.accept(++done);
            }
            byValue.values().forEach(list -> list.removeIf(observer -> !observer.needsSecondPhase()));
            if (byValue.values().stream().anyMatch(list -> !list.isEmpty())) {
                byValue.values().forEach(list -> list.forEach(Observer::startSecondPhase));
                for (int i = 0; i < batches.count(); i++) {
                    executor.run(batches.get(i));
                    progress.accept(++done);
                }
            }
        }
        QuantPlan.Builder edit = plan.edit();
        observers.forEach((slot, observer) -> edit.exponents(slot, Exponents.of(observer.exponent())).state(slot, SlotState.ACTIVATED));
        return edit.build();
    }

    /** First places count where the network's answer is read; kept inside it, they cost more error than they are worth. */
    private static SlotConfig observed(Graph graph, QuantPlan plan, Slot slot, Set<String> judged) {
        SlotConfig config = plan.config(slot);
        boolean ordered = judged.contains(value(graph, slot)) || plan.followers(slot).stream().anyMatch(follower -> judged.contains(value(graph, follower)));
        return config.observer().equals(Observers.ISOTONE) && !ordered ? config.withObserver(Observers.MSE) : config;
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

    /** The value that a slot stands at. */
    private static String value(Graph graph, Slot slot) {
        Node node = graph.node(slot.node());
        return slot.side() == Slot.Side.INPUT ? node.input(slot.index()) : node.outputs().get(slot.index());
    }
}
