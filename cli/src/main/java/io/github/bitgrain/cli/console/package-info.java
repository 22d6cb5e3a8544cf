/** How the command line talks: progress, JSON, files written whole or not at all, suggestions for misspelt names. */
package io.github.bitgrain.cli.console;
