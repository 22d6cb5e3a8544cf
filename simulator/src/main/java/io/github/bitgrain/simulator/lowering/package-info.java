/** Lowering: from a graph and its quantization plan to the program of a chip. */
package io.github.bitgrain.simulator.lowering;
