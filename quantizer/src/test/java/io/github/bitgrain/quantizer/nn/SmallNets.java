package io.github.bitgrain.quantizer.nn;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Networks and data of the tests. */
final class SmallNets {
    static final Shape IMAGE = Shape.of(1, 3, 8, 8);

    private SmallNets() {}

    /** stem → block with a skip connection → mean → head. */
    static Sequential residual() {
        Random random = new Random(7);
        Sequential branch = new Sequential().add("conv", new Conv2d(6, 6, 3, 1, 1, 1, false, random)).add("bn", new BatchNorm2d(6));
        return new Sequential().add("conv1", new Conv2d(3, 6, 3, 2, 1, 1, true, random)).add("bn1", new BatchNorm2d(6)).add("relu", Operator.relu())
                .add("layer1", new Sequential(new ResidualBlock(branch, null)))
                .add("pool", new AdaptiveAvgPool2d(new GlobalAveragePool())).add("flatten", Operator.flatten())
                .add("head", new Sequential().add("fc", new Linear(6, 5, true, random)));
    }

    static Tensor noise(int batch, long seed) {
        return noise(Shape.of(batch, 3, 8, 8), seed);
    }

    static Tensor noise(Shape shape, long seed) {
        Random random = new Random(seed);
        Tensor x = Tensor.zeros(shape);
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] = (float) random.nextGaussian();
        }
        return x;
    }

    static List<Map<String, Tensor>> batches(int count) {
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(Map.of(Network.INPUT, noise(4, i)));
        }
        return batches;
    }

    static float[] run(Module root, Tensor x) {
        Network network = Network.of(root, x.shape());
        try (Executor executor = new Executor(network.model())) {
            return executor.run(Map.of(Network.INPUT, x)).values().iterator().next().data();
        }
    }
}
