package io.github.bitgrain.cli.settings;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.quantizer.plan.Dispatcher;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The table operator → width, as Bitgrain writes it or as ESP-PPQ dumps it: explained, and filled with examples. */
final class DispatchingTable {
    private static final String NESTED = "dispatchings";
    /** What stands beside the table in ESP-PPQ's files. */
    private static final Set<String> EXPLANATIONS = Set.of("intro_0", "intro_1", "intro_2", "attention");
    /** The examples that every new table of ESP-PPQ holds (esp-ppq: api/setting.py). */
    private static final Set<String> EXAMPLES = Set.of("YOUR OEPRATION NAME", "FP32 OPERATION NAME", "SOI OPERATION NAME",
            "DSP INT8 OPERATION NAME", "TRT INT8 OPERATION NAME", "NXP INT8 OPERATION NAME", "PPL INT8 OPERATION NAME");
    /** ESP-PPQ's platforms; those of high precision compute the same integers. */
    private static final Map<Integer, Integer> PLATFORM_BITS = Map.of(
            551, 8, 553, 8, 557, 8, 552, 16, 554, 16, 558, 16, 555, 16, 556, 16, 559, 16);

    /** ESP-PPQ's other dispatchers, and why they are refused. */
    private static final Map<String, String> REFUSED = Map.of(
            "pointwise", "it fails in ESP-PPQ itself, calling a method without its object",
            "aggresive", "it also quantizes operators that have no quantization on these chips, such as Log and Sqrt",
            "pplnn", "it is made for another runtime and leaves everything before the first and behind the last convolution in float",
            "perseus", "it tells apart what computes shapes, which is folded while reading, and would quantize operators that have no "
                    + "quantization on these chips");

    private DispatchingTable() {}

    /**
     * The dispatcher of a name.
     *
     * @throws BitgrainException (usage) for one that is refused, with the reason, or is unknown
     */
    static Dispatcher dispatcher(String name) {
        for (Dispatcher dispatcher : Dispatcher.values()) {
            if (dispatcher.name().equalsIgnoreCase(name)) {
                return dispatcher;
            }
        }
        String reason = REFUSED.get(name);
        throw BitgrainException.usage("dispatcher: '" + name + "' is " + (reason == null ? "unknown" : "not supported: " + reason)
                + "; use allin or conservative, and dispatching_table");
    }

    /** The entries without explanations and examples. */
    static Map<String, Object> entries(Map<String, Object> given) {
        Map<String, Object> entries = new LinkedHashMap<>();
        given.forEach((name, value) -> {
            if (value instanceof Map<?, ?> nested && name.equals(NESTED)) {
                nested.forEach((inner, width) -> entries.put((String) inner, width));
            } else if (!EXPLANATIONS.contains(name)) {
                entries.put(name, value);
            }
        });
        entries.keySet().removeAll(EXAMPLES);
        return entries;
    }

    /**
     * Operator → 8, 16, or 0 for float.
     *
     * @throws BitgrainException (usage) for anything else
     */
    static Map<String, Integer> bits(Map<String, Object> entries) {
        Map<String, Integer> bits = new LinkedHashMap<>();
        entries.forEach((operator, value) -> bits.put(operator, bits(operator, String.valueOf(value))));
        return bits;
    }

    private static int bits(String operator, String value) {
        if (value.equals("0") || value.equals("8") || value.equals("16")) {
            return Integer.parseInt(value);
        }
        Integer bits = value.matches("\\d{1,9}") ? PLATFORM_BITS.get(Integer.parseInt(value)) : null;
        if (bits == null) {
            throw BitgrainException.usage("dispatching_table." + operator + ": " + value + " is neither 8, 16, nor 0 (float)");
        }
        return bits;
    }
}
