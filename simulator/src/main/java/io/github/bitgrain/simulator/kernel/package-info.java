/** The arithmetic of ESP-DL's kernels, one class per family of operators, found through {@code ChipKernels}. */
package io.github.bitgrain.simulator.kernel;
