/** Files that appear whole or not at all, for the formats below and for everything else that is written. */
package io.github.bitgrain.exporter;
