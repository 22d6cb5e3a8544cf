package io.github.bitgrain.core.plan;

import io.github.bitgrain.core.op.Op;

/**
 * The same value in another physical layout. Exists inside plans only.
 *
 * @param to layout of the result
 */
public record LayoutChange(Layout to) implements Op {}
