/** Runs recipes: from data to a quantized network. */
package io.github.bitgrain.cli.recipe;
