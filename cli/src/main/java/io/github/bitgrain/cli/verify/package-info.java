/** Checks of the simulator against what chips computed. */
package io.github.bitgrain.cli.verify;
