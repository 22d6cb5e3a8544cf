/** The {@code bitgrain} command. */
package io.github.bitgrain.cli;
