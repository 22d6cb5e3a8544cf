/** Calibration: runs the network on samples and turns observations into scales. */
package io.github.bitgrain.quantizer.calibrate;
