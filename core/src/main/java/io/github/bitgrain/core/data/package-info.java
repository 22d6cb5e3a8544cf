/** Where samples come from. */
package io.github.bitgrain.core.data;
