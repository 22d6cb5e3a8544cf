/** How the gradient of each operator is made: {@code Gradients} is the one table. Not exported. */
package io.github.bitgrain.core.differentiate;
