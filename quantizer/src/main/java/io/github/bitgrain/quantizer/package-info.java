/** Post-training quantization: graph passes, observers, calibration, plan passes and their order. */
package io.github.bitgrain.quantizer;
