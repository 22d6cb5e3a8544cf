/** Ranges of quantizers: how a tensor is quantized, and how its largest representable value (amax) follows from data. */
package io.github.bitgrain.quantizer.amax;
