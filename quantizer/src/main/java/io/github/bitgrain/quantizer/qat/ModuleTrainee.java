package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.nn.BatchNorm2d;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.TensorQuantizer;
import io.github.bitgrain.quantizer.nn.WeightSlot;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** A module tree that is trained; ranges stay as they are unless told otherwise. */
public final class ModuleTrainee implements Trainee {
    private final Module root;
    private final Shape shape;
    private final WeightRanges weightRanges;
    private final int freezeStatisticsAfter;
    private Network training;

    /** What becomes of the ranges of weights while these move. */
    public enum WeightRanges {
        /** They stay; weights that grow beyond get no gradient. */
        FROZEN,
        /** They are the largest magnitudes at the beginning of each epoch. */
        RECOMPUTE_EACH_EPOCH
    }

    /** A tree with frozen ranges and batch statistics in training. */
    public ModuleTrainee(Module root, Shape shape) {
        this(root, shape, WeightRanges.FROZEN, Integer.MAX_VALUE);
    }

    /**
     * A tree.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @param freezeStatisticsAfter number of epochs in which batch normalization uses the batch's statistics; 0: none
     */
    public ModuleTrainee(Module root, Shape shape, WeightRanges weightRanges, int freezeStatisticsAfter) {
        this.root = root;
        this.shape = shape;
        this.weightRanges = weightRanges;
        this.freezeStatisticsAfter = freezeStatisticsAfter;
    }

    /** The tree. */
    public Module root() {
        return root;
    }

    private Network network(boolean train) {
        Module mode = train ? root.train() : root.eval();
        return Network.of(mode, shape);
    }

    @Override
    public Model training() {
        if (training == null) {
            training = network(true);
        }
        return training.model();
    }

    @Override
    public Model evaluation() {
        return network(false).model();
    }

    @Override
    public Set<String> trained() {
        training();
        return training.trained();
    }

    @Override
    public Map<String, Tensor> state() {
        return root.state();
    }

    @Override
    public Set<String> ranges() {
        Set<String> ranges = new LinkedHashSet<>();
        root.named().forEach((path, module) -> {
            if (module instanceof TensorQuantizer quantizer) {
                quantizer.parameters().keySet().forEach(name -> ranges.add(Module.join(path, name)));
                quantizer.buffers().keySet().forEach(name -> ranges.add(Module.join(path, name)));
            }
        });
        return ranges;
    }

    @Override
    public boolean beginEpoch(int epoch, int epochs) {
        boolean frozen = epoch >= freezeStatisticsAfter;
        boolean changed = false;
        for (Module module : root.named().values()) {
            if (module instanceof BatchNorm2d norm && norm.isFrozen() != frozen) {
                norm.freeze(frozen);
                changed = true;
            }
            if (weightRanges == WeightRanges.RECOMPUTE_EACH_EPOCH) {
                module.weightSlots().stream().filter(slot -> !slot.quantizer().descriptor().learnScale()).forEach(ModuleTrainee::follow);
            }
        }
        if (changed) {
            training = null;
        }
        return changed;
    }

    private static void follow(WeightSlot slot) {
        // In place: the network that is trained reads this tensor.
        slot.quantizer().amax().ifPresent(known -> slot.quantizer().setAmax(
                QuantizationCalibrator.weightRange(slot, AmaxMethod.of(AmaxMethod.Kind.MAX), known.size() > 1, "weights")));
    }

    @Override
    public boolean decays(String parameter) {
        return !parameter.endsWith("." + TensorQuantizer.LOG2_AMAX);
    }

    @Override
    public void afterUpdate() {
        QuantizationCalibrator.quantizers(root).values().forEach(TensorQuantizer::projectBounds);
    }

    @Override
    public Map<String, String> manifest() {
        Map<String, String> manifest = new LinkedHashMap<>();
        QuantizationCalibrator.quantizers(root).forEach((path, quantizer) ->
                manifest.put(path, quantizer.descriptor().toMap() + (quantizer.isEnabled() ? "" : " disabled")));
        return manifest;
    }
}
