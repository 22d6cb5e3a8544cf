/** The vocabulary of quantization: targets, slots, exponents and the plan that ties them to a graph. */
package io.github.bitgrain.core.quant;
