/** Networks that are run part by part, every part once per batch, with the activations between parts kept in memory or in files. */
package io.github.bitgrain.quantizer.walk;
