package io.github.bitgrain.cli.metric.detection;

import java.util.ArrayList;
import java.util.List;

/** The priors of Ultra-Light-Fast-Generic-Face-Detector (its vision/ssd/config/fd_config.py), in pixels, clipped to the picture. */
final class UltraFacePriors {
    private static final int[] STRIDES = {8, 16, 32, 64};
    private static final int[][] SIZES = {{10, 16, 24}, {32, 48}, {64, 96}, {128, 192, 256}};

    private UltraFacePriors() {}

    /** Cells row by row, the smallest stride first; in each cell the sizes. */
    static List<Box> of(Geometry geometry) {
        List<Box> priors = new ArrayList<>();
        for (int map = 0; map < STRIDES.length; map++) {
            int stride = STRIDES[map];
            int rows = Math.ceilDiv(geometry.height(), stride);
            int columns = Math.ceilDiv(geometry.width(), stride);
            for (int cell = 0; cell < rows * columns; cell++) {
                for (int size : SIZES[map]) {
                    double x = Math.min((cell % columns + 0.5) * stride, geometry.width());
                    double y = Math.min((cell / columns + 0.5) * stride, geometry.height());
                    priors.add(Box.centred(x, y, Math.min(size, geometry.width()), Math.min(size, geometry.height()), 0, 1));
                }
            }
        }
        return priors;
    }
}
