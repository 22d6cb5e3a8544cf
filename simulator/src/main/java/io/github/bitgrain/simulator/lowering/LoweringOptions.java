package io.github.bitgrain.simulator.lowering;

/**
 * How a network is lowered.
 *
 * @param parity reproduce ESP-PPQ's exporter: constants of elementwise operators keep ONNX's order of axes beside NHWC
 *     activations, 16-bit activations get tables that the chip ignores, and what the chip computes wrongly is lowered all
 *     the same. For comparison with its files only
 * @param tableStep distance of the entries of 16-bit tables, a power of two
 */
public record LoweringOptions(boolean parity, int tableStep) {
    /** ESP-PPQ's table step. */
    private static final int DEFAULT_STEP = 256;

    /** Correct programs, the default. */
    public static final LoweringOptions IMPROVED = new LoweringOptions(false, DEFAULT_STEP);

    /** Programs as ESP-PPQ exports them. */
    public static final LoweringOptions PARITY = new LoweringOptions(true, DEFAULT_STEP);

    /** Checks the step. */
    public LoweringOptions {
        if (tableStep < 1 || Integer.bitCount(tableStep) != 1 || tableStep > 1 << 15) {
            throw new IllegalArgumentException("the step of 16-bit tables is a power of two up to 32768, not " + tableStep);
        }
    }
}
