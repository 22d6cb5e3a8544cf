package io.github.bitgrain.cli.example;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.CrossEntropy;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The network of the embedded example: a small MobileNet. A 3×3 convolution of stride 2, then depthwise-separable blocks
 * (3×3 depthwise, 1×1 pointwise, each with BatchNormalization and ReLU), global average pooling, one fully connected layer.
 */
final class StrokeNet {
    /** Name of the input: [N, 1, 32, 32], {@code (pixel / 255 − 0.5) / 0.25}. */
    static final String INPUT = "image";
    /** Name of the output: [N, 16] logits. */
    static final String OUTPUT = "logits";
    /** Name of the target of the training form: [N] class numbers. */
    static final String TARGET = "target";
    /** Name of the loss of the training form. */
    static final String LOSS = "loss";

    private static final int STEM = 16;
    private static final int[][] BLOCKS = {{24, 1}, {32, 2}, {48, 1}, {64, 2}, {96, 1}};
    private static final float EPSILON = 1e-3f;
    private static final float MOMENTUM = 0.97f;
    /**
     * Channels that feed a depthwise convolution start with sizes from 2^-2 to 2^2. Networks that were trained for long have
     * such channels (MobileNet V1: factors of 100 and more); one scale for all of them is what makes 8 bits hard.
     */
    private static final double SPREAD = 2;

    private final boolean training;
    private final Graph.Builder graph;
    private final Parameters parameters;
    private final SplittableRandom random;
    private final List<String> trained = new ArrayList<>();

    private StrokeNet(boolean training, Parameters parameters, SplittableRandom random) {
        this.training = training;
        this.parameters = parameters;
        this.random = random;
        graph = Graph.builder("strokes").input(INPUT, Shape.of(1, 1, StrokeImages.SIZE, StrokeImages.SIZE));
    }

    /** A network structure with the names of what is trained. */
    record Form(Graph graph, List<String> trained) {}

    /**
     * The structure for training (batch statistics, loss) or for use.
     *
     * @param parameters gets initial values for what it lacks
     */
    static Form build(boolean training, Parameters parameters, long seed) {
        StrokeNet net = new StrokeNet(training, parameters, new SplittableRandom(seed));
        return net.build();
    }

    private Form build() {
        String x = convolution("stem", INPUT, 1, STEM, 3, 2, 1);
        int channels = STEM;
        for (int b = 0; b < BLOCKS.length; b++) {
            x = convolution("block" + b + "_depthwise", x, channels, channels, 3, BLOCKS[b][1], channels);
            x = convolution("block" + b + "_pointwise", x, channels, BLOCKS[b][0], 1, 1, 1);
            channels = BLOCKS[b][0];
        }
        graph.node("pool", new GlobalAveragePool(), List.of(x), "pooled");
        graph.node("flatten", new Flatten(1), List.of("pooled"), "features");
        initialize("classifier_weight", Shape.of(StrokeImages.CLASSES, channels), Math.sqrt(1.0 / channels));
        constant("classifier_bias", StrokeImages.CLASSES, 0f);
        trained.add("classifier_weight");
        trained.add("classifier_bias");
        graph.node("classifier", new Gemm(1f, 1f, false, true), List.of("features", "classifier_weight", "classifier_bias"), OUTPUT);
        if (training) {
            graph.input(TARGET, Shape.of(1));
            graph.node("cross_entropy", new CrossEntropy(), List.of(OUTPUT, TARGET), LOSS).output(LOSS);
        } else {
            graph.output(OUTPUT);
        }
        return new Form(graph.build(), trained);
    }

    private String convolution(String name, String x, int in, int out, int kernel, int stride, int groups) {
        int fanIn = in / groups * kernel * kernel;
        initialize(name + "_weight", Shape.of(out, in / groups, kernel, kernel), Math.sqrt(2.0 / fanIn));
        scales(name + "_scale", out, groups == 1 ? SPREAD : 0);
        constant(name + "_shift", out, 0f);
        constant(name + "_mean", out, 0f);
        constant(name + "_variance", out, 1f);
        trained.addAll(List.of(name + "_weight", name + "_scale", name + "_shift"));
        Conv conv = new Conv(Size.square(stride), Pads.all(kernel / 2), Size.ONE, groups);
        graph.node(name, conv, List.of(x, name + "_weight"), name + "_conv");
        graph.node(name + "_norm", new BatchNorm(EPSILON, MOMENTUM, training),
                List.of(name + "_conv", name + "_scale", name + "_shift", name + "_mean", name + "_variance"), name + "_normal");
        graph.node(name + "_relu", new Relu(), List.of(name + "_normal"), name + "_out");
        return name + "_out";
    }

    private void initialize(String name, Shape shape, double deviation) {
        if (parameters.contains(name)) {
            return;
        }
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) (deviation * random.nextGaussian());
        }
        parameters.put(name, tensor);
    }

    private void scales(String name, int count, double spread) {
        if (!parameters.contains(name)) {
            Tensor tensor = Tensor.zeros(Shape.of(count));
            for (int i = 0; i < count; i++) {
                tensor.data()[i] = (float) StrictMath.pow(2, spread * (2 * random.nextDouble() - 1));
            }
            parameters.put(name, tensor);
        }
    }

    private void constant(String name, int count, float value) {
        if (!parameters.contains(name)) {
            parameters.put(name, Tensor.filled(Shape.of(count), value));
        }
    }
}
