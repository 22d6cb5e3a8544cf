/** How the steps of each operator are made: {@code Evaluators} is the one table. Not exported. */
package io.github.bitgrain.core.evaluate;
