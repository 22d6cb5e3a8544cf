package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.random.RandomGenerator;

/** First values of parameters. */
final class Initialization {
    private Initialization() {}

    /** Normal with variance 2 / fan-in (He et al. 2015), for layers before a Relu. */
    static Tensor he(Shape shape, int fanIn, RandomGenerator random) {
        Tensor tensor = Tensor.zeros(shape);
        double deviation = Math.sqrt(2.0 / Math.max(1, fanIn));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) (random.nextGaussian() * deviation);
        }
        return tensor;
    }
}
