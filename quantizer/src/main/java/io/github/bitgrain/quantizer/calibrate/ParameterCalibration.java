package io.github.bitgrain.quantizer.calibrate;

import io.github.bitgrain.core.exec.ValueView;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Slot;
import io.github.bitgrain.core.quant.SlotConfig;
import io.github.bitgrain.core.quant.SlotState;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.Kernels;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.observe.Observer;
import io.github.bitgrain.quantizer.observe.Observers;

/** Scales of weights and constants; they need no data. */
public final class ParameterCalibration {
    private ParameterCalibration() {}

    /** The plan with the exponents of all parameters that wait for calibration. */
    public static QuantPlan apply(Graph graph, Parameters parameters, QuantPlan plan, Profile profile) {
        QuantPlan.Builder edit = plan.edit();
        for (Node node : graph.nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Slot slot = Slot.input(node.name(), i);
                boolean waits = plan.has(slot) && node.isTensorInput(i) && graph.isParameter(node.input(i))
                        && edit.config(slot).state() == SlotState.INITIAL;
                if (waits) {
                    edit.exponents(slot, exponents(parameters.get(node.input(i)), edit.config(slot), profile)).state(slot, SlotState.ACTIVATED);
                }
            }
        }
        return edit.build();
    }

    /** The exponents of one parameter by its configured observer; improved: by least error whatever the reference uses. */
    static Exponents exponents(Tensor tensor, SlotConfig config, Profile profile) {
        SlotConfig measured = profile.isParity() ? config : config.withObserver(Observers.MSE);
        if (!config.perChannel()) {
            return Exponents.of(observe(tensor, measured, profile));
        }
        int channels = tensor.shape().dim(config.axis());
        int[] exponents = new int[channels];
        for (int c = 0; c < channels; c++) {
            exponents[c] = observe(channel(tensor, config.axis(), c), measured, profile);
        }
        return Exponents.of(exponents);
    }

    private static int observe(Tensor tensor, SlotConfig config, Profile profile) {
        Observer observer = Observers.create(config, profile);
        int n = tensor.size();
        ValueView view = new ValueView("", tensor.shape(), tensor.data(), 0, 1, n, n, false, Kernels.floats());
        observer.observe(view);
        if (observer.needsSecondPhase()) {
            observer.startSecondPhase();
            observer.observe(view);
        }
        return observer.exponent();
    }

    private static Tensor channel(Tensor tensor, int axis, int channel) {
        int outer = tensor.shape().size(0, axis);
        int count = tensor.shape().dim(axis);
        int inner = tensor.shape().size(axis + 1, tensor.shape().rank());
        float[] values = new float[outer * inner];
        for (int o = 0; o < outer; o++) {
            System.arraycopy(tensor.data(), (o * count + channel) * inner, values, o * inner, inner);
        }
        return new Tensor(Shape.of(values.length), values);
    }
}
