/** The end of a network that is left to the application: decoding of boxes, probabilities, joined outputs. */
package io.github.bitgrain.quantizer.head;
