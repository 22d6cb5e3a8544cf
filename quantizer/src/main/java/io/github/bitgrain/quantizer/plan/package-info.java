/** Plan passes: from one configuration per operand to a consistent set of scales. */
package io.github.bitgrain.quantizer.plan;
