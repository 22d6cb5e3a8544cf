/** What a model file holds, in figures. */
package io.github.bitgrain.cli.inspect;
