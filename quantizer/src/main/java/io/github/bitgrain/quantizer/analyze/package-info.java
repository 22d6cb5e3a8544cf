/** Where quantization hurts: the error of each layer. */
package io.github.bitgrain.quantizer.analyze;
