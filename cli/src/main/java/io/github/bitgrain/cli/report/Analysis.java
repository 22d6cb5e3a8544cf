package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.inspect.ChipFigures;
import io.github.bitgrain.cli.inspect.Inspection;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the page of {@code analyze --report} tells. Times, paths and thread counts are left out, so that the same run gives the same page.
 *
 * @param model name of the network
 * @param target chip family
 * @param bits width of activations and weights
 * @param profile parity or improved
 * @param program the network on the chip
 * @param sensitivity layers and tensors
 * @param warnings about the data, layers that saturate and the like, one sentence each
 * @param settings settings in force
 */
public record Analysis(String model, String target, int bits, String profile, Inspection program, Sensitivity sensitivity, List<String> warnings,
        Map<String, Object> settings) {
    /** An analysis of a network that was lowered to this program. */
    public Analysis(String model, String target, int bits, String profile, ChipProgram program, Sensitivity sensitivity, List<String> warnings,
            Map<String, Object> settings) {
        this(model, target, bits, profile, ChipFigures.of("", program, null), sensitivity, warnings, settings);
    }

    /** Further facts in a few words each. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>(Reports.size(program));
        facts.put("samples measured", String.valueOf(sensitivity.samples()));
        facts.put("time in other nodes", Html.percent(sensitivity.latency().otherShare()));
        return facts;
    }

    /** The analysis in a few sentences. */
    String verdict() {
        StringBuilder text = new StringBuilder("With everything quantized, noise is " + Html.percent(sensitivity.whole()) + " of the signal at the outputs.");
        if (!sensitivity.layers().isEmpty()) {
            Sensitivity.Layer worst = sensitivity.layers().getFirst();
            text.append(" The most sensitive layer is ").append(worst.node()).append(", alone ").append(Html.percent(worst.alone())).append('.');
            sensitivity.gains().ifPresent(layer -> text.append(String.format(Locale.ROOT, " On these samples 16 bits for %s would leave least, %s; at 8 bits it takes %s of the time.",
                    layer.node(), Html.percent(layer.in16Bits()), Html.percent(layer.latencyShare()))));
        }
        long clipping = sensitivity.tensors().stream().filter(tensor -> tensor.clipped() > 0 && !tensor.activation()).count();
        return text.append(' ').append(clipping).append(" of ").append(sensitivity.tensors().size()).append(" tensors clip some of their values.").toString()
                .replace(" %", "\u00a0%");
    }
}
