/** Where quantization hurts: the error of each layer, and calibration data that are not those of training. */
package io.github.bitgrain.quantizer.analyze;
