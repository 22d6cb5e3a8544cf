package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.simulator.ChipTensor;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order in which a chip stores the weights of a Conv, Gemm or MatMul: blocks of as many output channels as a vector
 * register has lanes, or plain for targets without a vector unit. Source of all formulas: the parameter layouts of
 * ESP-PPQ's ESP-DL exporter, checked against its files.
 *
 * <p>Weights come as {@code w[n][c][s]}: n output channel, c input channel of the group, s position in the kernel
 * (row-major). This is ONNX's order of Conv weights.
 *
 * @param outputs N, output channels
 * @param inputs C, input channels per group
 * @param positions S, kernel height times width
 * @param grouped whether the convolution has more than one group (on a chip: is depthwise)
 * @param lanes output channels in a block, or {@link #PLAIN}
 */
public record FilterLayout(int outputs, int inputs, int positions, boolean grouped, int lanes) {
    /** {@link #lanes()} of a layout without blocks. */
    public static final int PLAIN = 0;

    private static final Set<String> PLAIN_NOTES = Set.of("NHWC", "HWCN", "NWC", "WCN");
    /** {@code (N/16)HWC16}, {@code N16HWC16} of older exporters, {@code _UNALIGNED} or not. */
    private static final Pattern BLOCKED_NOTE = Pattern.compile("\\(?N/?(\\d{1,2})\\)?H?WC\\1(_UNALIGNED)?");

    /**
     * The layout of a stored tensor, as its note tells.
     *
     * @param grouped whether it belongs to a convolution with more than one group
     * @return empty if the note names no filter layout
     */
    public static Optional<FilterLayout> of(ChipTensor weight, boolean grouped) {
        Matcher blocked = BLOCKED_NOTE.matcher(weight.layout());
        boolean isBlocked = blocked.matches();
        if (!isBlocked && !PLAIN_NOTES.contains(weight.layout()) || weight.dims().size() < 2) {
            return Optional.empty();
        }
        return Optional.of(of(weight, grouped, isBlocked ? Integer.parseInt(blocked.group(1)) : PLAIN));
    }

    /** The layout of a stored tensor [positions…, C, N], or [positions…, N, C] when grouped. */
    public static FilterLayout of(ChipTensor weight, boolean grouped, int lanes) {
        int rank = weight.dims().size();
        int outputs = weight.dims().get(grouped ? rank - 2 : rank - 1);
        int inputs = weight.dims().get(grouped ? rank - 1 : rank - 2);
        int positions = weight.dims().subList(0, rank - 2).stream().reduce(1, Math::multiplyExact);
        return new FilterLayout(outputs, inputs, positions, grouped, lanes);
    }

    /** Stored integers in ONNX's order {@code [n][c][s]}. */
    public int[] unpack(int[] stored) {
        int[] sources = sources();
        int[] weights = new int[stored.length];
        for (int i = 0; i < stored.length; i++) {
            weights[sources[i]] = stored[i];
        }
        return weights;
    }

    /**
     * The source of every stored element.
     *
     * @return for each position of the stored array the index {@code (n · C + c) · S + s} of the weight that lies there
     */
    public int[] sources() {
        int[] sources = new int[Math.multiplyExact(outputs, Math.multiplyExact(inputs, positions))];
        int source = 0;
        for (int n = 0; n < outputs; n++) {
            for (int c = 0; c < inputs; c++) {
                for (int s = 0; s < positions; s++) {
                    sources[storedAt(n, c, s)] = source++;
                }
            }
        }
        return sources;
    }

    private int storedAt(int n, int c, int s) {
        if (lanes == PLAIN) {
            return grouped ? (s * inputs + c) * outputs + n : (n * positions + s) * inputs + c;
        }
        int blocked = outputs - outputs % lanes;
        int perOutput = positions * inputs;
        if (n < blocked) {
            return (n / lanes) * (perOutput * lanes) + (s * inputs + c) * lanes + n % lanes;
        }
        int rest = blocked * perOutput;
        return grouped
                ? rest + (c * positions + s) * (outputs - blocked) + (n - blocked)
                : rest + (n - blocked) * perOutput + s * inputs + c;
    }

    /** The name of the layout as files note it, for example {@code (N/16)HWC16_UNALIGNED}; spatial is HW or W. */
    public String annotation(String spatial) {
        if (lanes == PLAIN) {
            return grouped ? spatial + "CN" : "N" + spatial + "C";
        }
        String name = String.format(Locale.ROOT, "(N/%d)%sC%d", lanes, spatial, lanes);
        return outputs % lanes == 0 ? name : name + "_UNALIGNED";
    }
}
