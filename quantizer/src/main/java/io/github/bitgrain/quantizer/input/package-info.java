/** Inputs of a network moved and scaled so that their values fill the 8 bits of the chip, with the layers behind them changed to suit. */
package io.github.bitgrain.quantizer.input;
