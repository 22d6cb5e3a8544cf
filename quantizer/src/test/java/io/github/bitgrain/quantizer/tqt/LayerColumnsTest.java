package io.github.bitgrain.quantizer.tqt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bitgrain.core.exec.Executor;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.Parameters;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LayerColumnsTest {
    private static Tensor random(Shape shape, SplittableRandom random) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Tensor(shape, values);
    }

    /** Products of the columns with the weights, and the bias, are what the executor makes. */
    private static void check(Op op, Shape input, Shape weights, int channels, SplittableRandom random) {
        Parameters parameters = new Parameters();
        parameters.put("w", random(weights, random)).put("b", random(Shape.of(channels), random));
        Graph graph = Graph.builder("net").input("x", input).node("layer", op, List.of("x", "w", "b"), "y").output("y").build();
        Tensor x = random(input, random);
        Tensor y;
        try (Executor executor = new Executor(new Model(graph, parameters))) {
            y = executor.run(Map.of("x", x)).get("y");
        }
        LayerColumns layer = new LayerColumns(graph.node("layer"), weights);
        assertEquals(channels, layer.groups() * layer.rows());
        float[] column = new float[layer.groups() * layer.columns()];
        float[] result = new float[channels];
        for (int position = 0; position < LayerColumns.positions(y); position++) {
            layer.copyOperand(x, y, position, column, 0);
            layer.copyResult(y, position, result, 0);
            for (int channel = 0; channel < channels; channel++) {
                int group = channel / layer.rows();
                double sum = parameters.get("b").data()[channel];
                for (int i = 0; i < layer.columns(); i++) {
                    sum += parameters.get("w").data()[layer.weight(group, channel % layer.rows(), i)] * column[group * layer.columns() + i];
                }
                assertEquals(sum, result[channel], 1e-4, op + " position " + position + " channel " + channel);
            }
        }
    }

    @Property(tries = 60)
    void columnsTimesWeightsAreAConvolution(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int kernel, @ForAll @IntRange(min = 1, max = 2) int stride,
            @ForAll @IntRange(min = 1, max = 2) int dilation, @ForAll @IntRange(min = 1, max = 3) int groups, @ForAll @IntRange(min = 0, max = 2) int pad) {
        SplittableRandom random = new SplittableRandom(seed);
        Conv conv = new Conv(new Size(stride, 3 - stride), new Pads(pad, 1, 0, pad), new Size(dilation, 1), groups);
        check(conv, Shape.of(2, 2 * groups, 7, 6), Shape.of(3 * groups, 2, kernel, 2), 3 * groups, random);
    }

    @Test
    void ofOneDimension() {
        Conv conv = new Conv(new Size(1, 2), new Pads(0, 1, 0, 2), new Size(1, 2), 2);
        check(conv, Shape.of(3, 4, 11), Shape.of(6, 2, 3), 6, new SplittableRandom(1));
    }

    @Test
    void ofMatrices() {
        check(new Gemm(1, 1, false, true), Shape.of(4, 5), Shape.of(3, 5), 3, new SplittableRandom(1));
        check(new Gemm(1, 1, false, false), Shape.of(4, 5), Shape.of(5, 3), 3, new SplittableRandom(2));
    }

    @Test
    void ofNothingElse() {
        assertTrue(LayerColumns.isDefined(node(new Gemm(1, 1, false, true))));
        assertFalse(LayerColumns.isDefined(node(new Gemm(2, 1, false, true))));
        assertFalse(LayerColumns.isDefined(node(new Gemm(1, 0.5f, false, true))));
        assertFalse(LayerColumns.isDefined(node(new Gemm(1, 1, true, true))));
        assertFalse(LayerColumns.isDefined(node(new Relu())));
    }

    private static Node node(Op op) {
        return new Node("node", op, List.of("x", "w", "b"), List.of("y"));
    }
}
