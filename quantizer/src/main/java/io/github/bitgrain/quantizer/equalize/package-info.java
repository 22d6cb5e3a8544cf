/** Changes of weights that keep the float function and make it easier to quantize. */
package io.github.bitgrain.quantizer.equalize;
