/** Observers: statistics of tensors from which exponents follow. */
package io.github.bitgrain.quantizer.observe;
