/** Statistics of values: immutable, exact, and mergeable, so that parts may be collected apart and in any order. */
package io.github.bitgrain.core.stats;
