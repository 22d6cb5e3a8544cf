package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.quantizer.amax.QuantDescriptor;

/** Makes the quantized form of a module. */
@FunctionalInterface
public interface QuantizedFactory {
    /**
     * The quantized form.
     *
     * @param module the float module; may be returned changed
     * @param input how operands are quantized
     * @param weight how weights are quantized
     */
    Module fromFloat(Module module, QuantDescriptor input, QuantDescriptor weight);
}
