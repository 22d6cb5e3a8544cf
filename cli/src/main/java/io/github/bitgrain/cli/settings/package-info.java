/** Settings files and {@code --set}: from text with places to typed records. */
package io.github.bitgrain.cli.settings;
