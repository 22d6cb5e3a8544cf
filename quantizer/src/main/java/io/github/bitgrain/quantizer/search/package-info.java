/** Automatic choices: which layers get 16 bits. */
package io.github.bitgrain.quantizer.search;
