/** The operators: one record each, attributes typed, structural operands as values. */
package io.github.bitgrain.core.op;
