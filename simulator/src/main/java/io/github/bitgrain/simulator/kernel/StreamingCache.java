package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.simulator.ChipBuffer;

/**
 * StreamingCache: the {@code window_size − 1} frames that came last before this run, then this run's frames. The frames
 * before the first run are zeros (esp-dl: dl_module_streaming_cache.hpp).
 *
 * <p>The chip puts the cache in front of the input in memory, without a look at {@code frame_axis} except for the shape;
 * where axes before the frame axis have more than one element, frames are not appended to each row. So does this.
 */
final class StreamingCache implements ChipKernel {
    private final int kept;
    private final int attribute;
    private ChipBuffer cache;

    StreamingCache(NodeSetup node) {
        kept = Math.toIntExact(node.node().integer("window_size", 1)) - 1;
        attribute = Math.toIntExact(node.node().integer("frame_axis", 1));
        if (kept < 0) {
            throw node.fail("window_size " + (kept + 1) + " is no window; it must be 1 at least");
        }
    }

    @Override
    public void run(ChipBuffer[] inputs, ChipBuffer[] outputs) {
        ChipBuffer x = inputs[0];
        ChipBuffer y = outputs[0];
        int axis = attribute < 0 ? attribute + x.rank() : attribute;
        int[] shape = x.shape().clone();
        shape[axis] = kept;
        if (cache == null) {
            // A fresh buffer holds zeros.
            cache = new ChipBuffer(x.type(), x.exponent());
            cache.reshape(shape);
        }
        shape[axis] += x.dim(axis);
        y.reshape(shape);
        y.copyFrom(cache, 0, 0, cache.count());
        y.copyFrom(x, 0, cache.count(), x.count());
        cache.copyFrom(y, x.count(), 0, cache.count());
    }

    @Override
    public boolean isStateful() {
        return kept > 0;
    }

    @Override
    public void reset() {
        cache = null;
    }
}
