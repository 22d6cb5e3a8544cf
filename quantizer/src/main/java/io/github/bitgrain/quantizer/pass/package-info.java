/** Graph passes: float networks in the form that quantization expects. */
package io.github.bitgrain.quantizer.pass;
