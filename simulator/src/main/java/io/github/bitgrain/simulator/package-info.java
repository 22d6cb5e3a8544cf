/** Chip programs, the meaning of {@code .espdl} files, and their bit-exact execution. */
package io.github.bitgrain.simulator;
