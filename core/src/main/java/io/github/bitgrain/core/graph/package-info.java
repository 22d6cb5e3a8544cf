/** The float network: an immutable graph, the parameters beside it, and the shapes of its values. */
package io.github.bitgrain.core.graph;
