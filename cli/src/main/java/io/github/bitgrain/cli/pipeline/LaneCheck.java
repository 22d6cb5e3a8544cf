package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.lanes.ChipJudge;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.Simulator;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Looks for accumulators that calibration data drive into saturation, which no error of the float network shows. Only layers in doubt are summed up again. */
public final class LaneCheck {
    private LaneCheck() {}

    /** One line for each layer that saturates: which, how much, and the way out. Empty if none does. */
    public static List<String> warnings(LoweredModel lowered, Target target, DataSource calibration) {
        Simulator simulator = new Simulator(lowered.program(), target);
        Headroom.Watch watch = new Headroom.Watch(simulator, true);
        if (!watch.isNeeded()) {
            return List.of();
        }
        simulator.observe(watch);
        List<Map<String, Tensor>> samples = ChipJudge.spread(calibration);
        samples.forEach(sample -> {
            sample.forEach((name, tensor) -> simulator.setInput(name, lowered.toChipOrder(name, tensor.data())));
            simulator.run();
        });
        List<String> warnings = new ArrayList<>();
        for (Headroom.Layer layer : watch.layers()) {
            if (layer.saturated() > 0) {
                warnings.add(line(layer, target, samples.size()));
            }
        }
        return warnings;
    }

    private static String line(Headroom.Layer layer, Target target, int samples) {
        long channels = layer.channels().stream().filter(channel -> channel.saturated() > 0).count();
        double share = 100.0 * layer.saturated() / ((double) layer.additions() * layer.channels().size());
        return String.format(Locale.ROOT, "%s saturates its %d-bit accumulators on %s: %d of %d channels, %.2g %% of the additions "
                        + "on %d calibration samples; give it 16 bits: --set %s",
                layer.node(), layer.laneBits(), target.id(), channels, layer.channels().size(), share, samples,
                "dispatching_table." + layer.node() + "=16");
    }
}
