/** Reverse-mode differentiation over the same plans that execution uses. */
package io.github.bitgrain.core.autodiff;
