package io.github.bitgrain.quantizer;

import io.github.bitgrain.quantizer.tqt.TqtListener;

/** Hears how far the work is. */
public interface QuantizationListener extends TqtListener {
    /** Hears nothing. */
    QuantizationListener NONE = new QuantizationListener() {
        @Override
        public void calibrated(int done, int all) {}

        @Override
        public void step(int block, int blocks, String name, int step, int steps, float loss) {}
    };

    /** {@code done} of at most {@code all} calibration runs are done. */
    void calibrated(int done, int all);
}
