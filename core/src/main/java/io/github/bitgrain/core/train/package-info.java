/** Optimizers, learning-rate schedules and the one training loop. */
package io.github.bitgrain.core.train;
