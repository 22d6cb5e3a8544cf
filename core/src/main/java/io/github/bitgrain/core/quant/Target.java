package io.github.bitgrain.core.quant;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.kernels.Rounding;
import java.util.List;
import java.util.Locale;

/**
 * A family of Espressif chips that share kernels, and so arithmetic and weight layouts. Facts: ESP-PPQ's platform table
 * (target names, bias widths, rounding, granularity) and ESP-DL's kernels (lanes, accumulators).
 */
public enum Target {
    /** Portable C kernels: chips without a vector unit. */
    C(List.of("c", "esp32", "esp32s2", "esp32c2", "esp32c3", "esp32c5", "esp32c6"), Rounding.HALF_UP, false, 32, 64, 32, 64, false),
    /** Xtensa LX7 with PIE version 1 vector kernels. */
    ESP32S3(List.of("esp32s3"), Rounding.HALF_UP, false, 20, 40, 20, 40, true),
    /** RISC-V with PIE version 2 vector kernels. */
    ESP32P4(List.of("esp32p4", "esp32s31"), Rounding.HALF_EVEN, true, 32, 40, 32, 64, true);

    /**
     * Bits of the accumulator that adds whole dot products, for the output channels behind the last full vector
     * (ACCX on the S3, XACC on the P4).
     */
    public static final int SCALAR_ACCUMULATOR_BITS = 40;

    /** Bits that the P4 loads of an 8-bit operator's bias into {@link #SCALAR_ACCUMULATOR_BITS}; the rest is its sign. */
    public static final int P4_SCALAR_BIAS_BITS = 24;

    private static final int VECTOR_BITS = 128;

    private final List<String> aliases;
    private final Rounding rounding;
    private final boolean perChannelWeights;
    private final int biasBits8;
    private final int biasBits16;
    private final int laneBits8;
    private final int laneBits16;
    private final boolean blockedWeights;

    Target(List<String> aliases, Rounding rounding, boolean perChannelWeights, int biasBits8, int biasBits16,
            int laneBits8, int laneBits16, boolean blockedWeights) {
        this.aliases = aliases;
        this.rounding = rounding;
        this.perChannelWeights = perChannelWeights;
        this.biasBits8 = biasBits8;
        this.biasBits16 = biasBits16;
        this.laneBits8 = laneBits8;
        this.laneBits16 = laneBits16;
        this.blockedWeights = blockedWeights;
    }

    /** The names users give, the canonical one first. */
    public List<String> aliases() {
        return aliases;
    }

    /** The canonical name, as written into the metadata of a model. */
    public String id() {
        return aliases.getFirst();
    }

    /** How real values and shifted accumulators are rounded. */
    public Rounding rounding() {
        return rounding;
    }

    /** Whether Conv and Gemm weights have one exponent per output channel. */
    public boolean perChannelWeights() {
        return perChannelWeights;
    }

    /** Bits that a bias may use in an operator of 8 or 16 bits. */
    public int biasBits(int operatorBits) {
        return byWidth(operatorBits, biasBits8, biasBits16);
    }

    /**
     * Bits of the accumulator that sums up the products of an output channel: a lane of the vector unit, which saturates
     * after every product, or on C a register, which wraps.
     */
    public int laneBits(int operatorBits) {
        return byWidth(operatorBits, laneBits8, laneBits16);
    }

    /**
     * Whether the sums of ordinary 8-bit layers may leave their lanes: 33 of the largest products fill 20 bits, 2^17 of them 32 bits.
     */
    public boolean hasNarrowLanes() {
        return laneBits8 < Integer.SIZE;
    }

    private static int byWidth(int operatorBits, int at8, int at16) {
        return switch (operatorBits) {
            case 8 -> at8;
            case 16 -> at16;
            default -> throw new IllegalArgumentException("an operator has 8 or 16 bits, not " + operatorBits);
        };
    }

    /** Whether weights are stored in blocks of {@link #lanes} output channels. */
    public boolean blockedWeights() {
        return blockedWeights;
    }

    /** Elements of one vector register: 16 at 8 bits, 8 at 16 bits. */
    public int lanes(int operatorBits) {
        return VECTOR_BITS / operatorBits;
    }

    /**
     * The target of a name, in any case.
     *
     * @throws BitgrainException (usage) for a name that no target has
     */
    public static Target parse(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        for (Target target : values()) {
            if (target.aliases.contains(wanted)) {
                return target;
            }
        }
        throw BitgrainException.usage("unknown target '" + name + "'; known targets: "
                + String.join(", ", List.of(values()).stream().flatMap(t -> t.aliases.stream()).toList()));
    }
}
