/** What a network costs on the chip: products, bytes, time. */
package io.github.bitgrain.quantizer.cost;
