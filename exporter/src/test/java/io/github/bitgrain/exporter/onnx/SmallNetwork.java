package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.AveragePool;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** A network with most kinds of operands: weights, structural constants, several outputs. */
final class SmallNetwork {
    private SmallNetwork() {}

    static Model build() {
        SplittableRandom random = new SplittableRandom(3);
        Parameters parameters = new Parameters()
                .put("w1", tensor(random, 4, 2, 3, 3)).put("b1", tensor(random, 4))
                .put("scale", tensor(random, 4)).put("shift", tensor(random, 4)).put("mean", tensor(random, 4))
                .put("variance", Tensor.filled(Shape.of(4), 0.7f))
                .put("w2", tensor(random, 5, 64)).put("b2", tensor(random, 5));
        Graph graph = Graph.builder("small")
                .input("x", Shape.of(1, 2, 8, 8))
                .node("conv", new Conv(Size.ONE, new Pads(1, 0, 1, 2), Size.ONE, 1), List.of("x", "w1", "b1"), "c")
                .node("norm", new BatchNorm(1e-4f, 0.9f, false), List.of("c", "scale", "shift", "mean", "variance"), "n")
                .node("clip", new Clip(0f, 6f), List.of("n", "low", "high"), "r")
                .node("pool", new MaxPool(Size.square(2), Size.square(2), Pads.NONE, Size.ONE, false), List.of("r"), "p")
                .node("average", new AveragePool(Size.square(3), Size.ONE, Pads.all(1), true, false), List.of("p"), "a")
                .node("sum", new Add(), List.of("p", "a"), "s")
                .node(new Node("split", new Split(1, List.of(1, 3)), List.of("s", "sizes"), List.of("u", "v")))
                .node("concat", new Concat(1), List.of("v", "u"), "k")
                .node("slice", new Slice(List.of(2), List.of(0L), List.of(4L), List.of(1L)), List.of("k", "", "", "", ""), "l")
                .node("pad", new Pad(Pad.Mode.CONSTANT, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), 0f), List.of("l"), "d")
                .node("transpose", new Transpose(List.of(0, 2, 3, 1)), List.of("d"), "t")
                .node("reshape", new Reshape(List.of(1L, -1L), false), List.of("t", "shape"), "f")
                .node("relu", new Relu(), List.of("f"), "g")
                .node("flatten", new Flatten(1), List.of("g"), "h")
                .node("gemm", new Gemm(1f, 1f, false, true), List.of("h", "w2", "b2"), "logits")
                .node("softmax", new Softmax(-1), List.of("logits"), "y")
                .node("resize", new Resize(Resize.Mode.NEAREST, Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, -0.75f,
                        List.of(1f, 1f, 2f, 2f), List.of()), List.of("s"), "z")
                .output("y", "z")
                .build();
        return new Model(graph, parameters);
    }

    private static Tensor tensor(SplittableRandom random, int... dims) {
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }
}
