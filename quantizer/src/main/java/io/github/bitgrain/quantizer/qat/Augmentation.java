package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.tensor.Shape;
import java.util.random.RandomGenerator;

/** Changes a training sample at random, in place. */
@FunctionalInterface
public interface Augmentation {
    /** Changes nothing. */
    Augmentation NONE = (sample, shape, random) -> { };

    /**
     * Changes a sample.
     *
     * @param sample its values, dense
     * @param shape without batch axis
     * @param random the same for the same seed, epoch and sample
     */
    void apply(float[] sample, Shape shape, RandomGenerator random);

    /** This, then another. */
    default Augmentation then(Augmentation next) {
        return (sample, shape, random) -> {
            apply(sample, shape, random);
            next.apply(sample, shape, random);
        };
    }

    /** Moves images [C, H, W] by up to {@code pixels} in both directions; what comes in from outside is {@code fill}. */
    static Augmentation shift(int pixels, float fill) {
        return (sample, shape, random) -> {
            int dy = random.nextInt(2 * pixels + 1) - pixels;
            int dx = random.nextInt(2 * pixels + 1) - pixels;
            float[] from = sample.clone();
            int h = shape.dim(1);
            int w = shape.dim(2);
            for (int i = 0; i < sample.length; i++) {
                int y = i / w % h - dy;
                int x = i % w - dx;
                boolean inside = y >= 0 && y < h && x >= 0 && x < w;
                sample[i] = inside ? from[i - dy * w - dx] : fill;
            }
        };
    }

    /** Mirrors half of the images [C, H, W]. */
    static Augmentation mirror() {
        return (sample, shape, random) -> {
            if (random.nextBoolean()) {
                int w = shape.dim(2);
                for (int row = 0; row < sample.length; row += w) {
                    for (int i = 0; i < w / 2; i++) {
                        float left = sample[row + i];
                        sample[row + i] = sample[row + w - 1 - i];
                        sample[row + w - 1 - i] = left;
                    }
                }
            }
        };
    }
}
