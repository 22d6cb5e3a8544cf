package io.github.bitgrain.quantizer.lanes;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Networks whose inputs are positive and whose weights have one sign in the first half of a sum and the other in the second: it goes far and comes back. */
public final class WideSums {
    private static final int OUTPUTS = 16;
    private static final int SAMPLES = 48;

    private WideSums() {}

    /** Two fully connected layers, the first over so many inputs. */
    public static Model gemm(int inputs) {
        Parameters parameters = new Parameters()
                .put("w1", thereAndBack(Shape.of(OUTPUTS, inputs), inputs, 1)).put("b1", random(Shape.of(OUTPUTS), -1, 1, 2))
                .put("w2", random(Shape.of(4, OUTPUTS), -1, 1, 3)).put("b2", random(Shape.of(4), -1, 1, 4));
        Gemm gemm = new Gemm(1, 1, false, true);
        return new Model(Graph.builder("wide").input("x", Shape.of(1, inputs))
                .node("wide", gemm, List.of("x", "w1", "b1"), "h")
                .node("relu", new Relu(), List.of("h"), "r")
                .node("narrow", gemm, List.of("r", "w2", "b2"), "y").output("y").build(), parameters);
    }

    /** A 3 × 3 convolution over so many channels of 6 × 6 pixels; taps of the upper half are positive, those of the lower half negative. */
    public static Model conv(int channels) {
        Parameters parameters = new Parameters().put("w", thereAndBack(Shape.of(OUTPUTS, channels, 3, 3), 9, 5));
        return new Model(Graph.builder("conv").input("x", Shape.of(1, channels, 6, 6))
                .node("wide", new Conv(Size.ONE, Pads.NONE, Size.ONE, 1), List.of("x", "w"), "y").output("y").build(), parameters);
    }

    /** Samples from 0 to 1. */
    public static DataSource samples(Model model) {
        Shape shape = model.graph().inputs().get("x").without(0).prepend(SAMPLES);
        return DataSource.of(Map.of("x", random(shape, 0, 1, 9)));
    }

    private static Tensor thereAndBack(Shape shape, int length, long seed) {
        Tensor tensor = random(shape, 0.4f, 1, seed);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] *= 2 * (i % length) < length ? 1 : -1;
        }
        return tensor;
    }

    /** Values from {@code low} to {@code high}. */
    public static Tensor random(Shape shape, float low, float high, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(low, high);
        }
        return new Tensor(shape, values);
    }
}
