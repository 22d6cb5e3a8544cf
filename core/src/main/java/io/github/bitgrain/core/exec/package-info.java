/** Float execution of graphs. The one table operator → evaluation is {@code Evaluators}. */
package io.github.bitgrain.core.exec;
