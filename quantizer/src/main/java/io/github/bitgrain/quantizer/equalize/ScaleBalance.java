package io.github.bitgrain.quantizer.equalize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the scales with the least noise in all layers. A channel that fills its range is rounded least; but its readers' weights are then small beside those
 * of channels whose range is seldom used and lose their resolution, and where weights have one step, large rows spoil that of the others. The noise
 * ({@link LayerNoise}) is a posynomial of the scales, which descent by coordinates makes least; common steps of weights are tried power by power.
 */
final class ScaleBalance {
    private static final int CANDIDATES = 9;
    /** Steps of weights are tried from so many powers of two above the present one on. */
    private static final int COARSER = 2;
    private static final int SWEEPS = 4;

    private final List<LayerNoise> layers;
    private final double[] factors;
    private final double[] most;
    private final boolean[] kept;
    private final boolean ownSteps;
    private final List<List<Place>> readers = new ArrayList<>();
    private final List<List<Place>> makers = new ArrayList<>();

    /** A channel of a layer's operand or result. */
    private record Place(LayerNoise layer, int channel) {}

    /**
     * A balance.
     *
     * @param layers in graph order
     * @param factors scales that fill the ranges, by class; changed to less
     * @param kept classes whose scale stays
     * @param ownSteps whether each row of weights has a step of its own
     */
    ScaleBalance(List<LayerNoise> layers, double[] factors, boolean[] kept, boolean ownSteps) {
        this.layers = layers;
        this.factors = factors;
        this.most = factors.clone();
        this.kept = kept;
        this.ownSteps = ownSteps;
        for (int i = 0; i < factors.length; i++) {
            readers.add(new ArrayList<>());
            makers.add(new ArrayList<>());
        }
        for (LayerNoise layer : layers) {
            enter(readers, layer, layer.inputs());
            enter(makers, layer, layer.outputs());
            layer.look(factors);
        }
    }

    private static void enter(List<List<Place>> places, LayerNoise layer, int[] classes) {
        for (int channel = 0; channel < classes.length; channel++) {
            places.get(classes[channel]).add(new Place(layer, channel));
        }
    }

    /** Changes the factors. */
    void apply() {
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            if (!ownSteps) {
                layers.forEach(this::stepLayer);
            }
            for (int label = 0; label < factors.length; label++) {
                if (!kept[label]) {
                    balance(label);
                }
            }
            layers.forEach(layer -> layer.look(factors));
        }
    }

    private void balance(int label) {
        LayerNoise.Terms terms = new LayerNoise.Terms(most[label]);
        readers.get(label).forEach(place -> place.layer().addInput(place.channel(), terms));
        makers.get(label).forEach(place -> place.layer().addOutput(place.channel(), factors, terms));
        double best = Math.pow(terms.falling / terms.rising, 0.25);
        if (terms.falling > 0 && terms.least <= terms.most) {
            factors[label] = Math.clamp(best, terms.least, terms.most);
        }
    }

    /** Tries finer steps for a layer's weights, for which the rows of the largest ones are scaled to less. */
    private void stepLayer(LayerNoise layer) {
        Set<LayerNoise> near = new LinkedHashSet<>();
        near.add(layer);
        for (int label : layer.outputs()) {
            if (!kept[label]) {
                readers.get(label).forEach(place -> near.add(place.layer()));
                makers.get(label).forEach(place -> near.add(place.layer()));
            }
        }
        double[] start = factors.clone();
        double[] best = start;
        double least = noise(near);
        int top = layer.exponent(factors);
        for (int exponent = top + COARSER; exponent > top - CANDIDATES && holdsKept(layer, exponent, start); exponent--) {
            double[] bounds = layer.bounds(exponent, start);
            int[] outputs = layer.outputs();
            for (int row = 0; row < outputs.length; row++) {
                if (!kept[outputs[row]]) {
                    factors[outputs[row]] = Math.min(exponent > top ? most[outputs[row]] : start[outputs[row]], bounds[row]);
                }
            }
            double noise = noise(near);
            if (noise < least) {
                least = noise;
                best = factors.clone();
            }
        }
        System.arraycopy(best, 0, factors, 0, factors.length);
        near.forEach(each -> each.look(factors));
    }

    private boolean holdsKept(LayerNoise layer, int exponent, double[] scales) {
        double[] bounds = layer.bounds(exponent, scales);
        int[] outputs = layer.outputs();
        for (int row = 0; row < outputs.length; row++) {
            if (kept[outputs[row]] && scales[outputs[row]] > bounds[row]) {
                return false;
            }
        }
        return true;
    }

    private double noise(Set<LayerNoise> near) {
        double sum = 0;
        for (LayerNoise layer : near) {
            layer.look(factors);
            sum += layer.noise(factors);
        }
        return sum;
    }
}
