/** Accumulators that are narrower than the sums of a layer: what the chip makes of them, and weights coarse enough for them. */
package io.github.bitgrain.quantizer.lanes;
