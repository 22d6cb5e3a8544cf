/**
 * Compiled execution: physical values, steps, storage. Not exported: {@code core.exec} and {@code core.autodiff} are the
 * faces. A plan is a flat list of steps over buffers whose place is known before the first run.
 */
package io.github.bitgrain.core.plan;
