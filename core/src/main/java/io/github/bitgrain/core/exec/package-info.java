/** Float execution of graphs. */
package io.github.bitgrain.core.exec;
