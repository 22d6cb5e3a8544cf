/** Measures of a network's outputs, gathered sample by sample. */
package io.github.bitgrain.cli.metric;
