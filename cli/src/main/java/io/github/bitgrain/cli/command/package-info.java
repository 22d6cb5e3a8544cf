/** One class per command: its options, its help text, what it prints. */
package io.github.bitgrain.cli.command;
