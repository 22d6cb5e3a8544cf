/** Float networks and chip programs behind one interface: floats in, floats out. */
package io.github.bitgrain.cli.network;
