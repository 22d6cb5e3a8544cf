package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Cases of operators that make whole numbers, compute with them or go by them. */
final class IndexCases {
    private IndexCases() {}

    private static Tensor whole(long seed, int from, int to, int... dims) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(Shape.of(dims));
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = from + random.nextInt(to - from);
        }
        return tensor;
    }

    static List<OperatorCase> all() {
        List<OperatorCase> cases = new ArrayList<>();
        for (int axis : new int[] {0, 1, -1}) {
            for (boolean largest : new boolean[] {true, false}) {
                cases.add(new OperatorCase("top k " + axis + " " + largest, new TopK(2, axis, largest, true), List.of(OperatorCase.random(1, 3, 5, 4, 3)), 2));
                cases.add(new OperatorCase("top k of equals " + axis + " " + largest, new TopK(3, axis, largest, false), List.of(whole(1, 0, 3, 3, 5, 4)), 2));
            }
            add(cases, "argmax " + axis, new ArgMax(axis, true), OperatorCase.random(1, 3, 5, 4, 3));
            add(cases, "argmax of equals " + axis, new ArgMax(axis, false), whole(1, 0, 3, 3, 5, 4));
        }
        cases.add(new OperatorCase("top k of all", new TopK(5, 1, true, true), List.of(OperatorCase.random(1, 2, 5)), 2));
        add(cases, "top k, values alone", new TopK(1, 1, true, true), OperatorCase.random(1, 2, 5));
        add(cases, "gather elements", new GatherElements(1), OperatorCase.random(1, 2, 5, 4, 3), whole(2, -5, 5, 2, 7, 3, 3));
        add(cases, "gather elements of axis 0", new GatherElements(0), OperatorCase.random(1, 4, 3), whole(2, 0, 4, 6, 2));
        add(cases, "gather elements of the last axis", new GatherElements(-1), OperatorCase.random(1, 2, 4, 3), whole(2, 0, 3, 2, 4, 5));
        add(cases, "gather nd, elements", new GatherNd(0), OperatorCase.random(1, 2, 5, 4, 3), whole(2, 0, 2, 6, 4));
        add(cases, "gather nd, slices", new GatherNd(0), OperatorCase.random(1, 2, 5, 4, 3), whole(2, -2, 2, 1, 7, 2));
        add(cases, "gather nd, one tuple", new GatherNd(0), OperatorCase.random(1, 2, 5, 4), whole(2, 0, 2, 2));
        add(cases, "gather nd, of each sample", new GatherNd(1), OperatorCase.random(1, 2, 5, 4, 3), whole(2, 0, 4, 2, 7, 2));
        add(cases, "indexed gather", new IndexedGather(1), OperatorCase.random(1, 2, 4, 3), whole(2, -4, 4, 2, 5));
        add(cases, "indexed gather of images", new IndexedGather(-2), OperatorCase.random(1, 2, 5, 4, 3), whole(2, 0, 4, 6));
        add(cases, "indexed gather of one", new IndexedGather(0), OperatorCase.random(1, 2, 4, 3), Tensor.scalar(1));
        add(cases, "quotient", new IntegerDiv(), whole(1, -20, 20, 2, 5, 4, 3), whole(2, 1, 6, 5, 1, 1));
        add(cases, "quotient by a negative", new IntegerDiv(), whole(1, -20, 20, 2, 1, 4), whole(2, -6, 0, 3, 1));
        for (boolean truncated : new boolean[] {true, false}) {
            add(cases, "remainder " + truncated, new Mod(truncated), whole(1, -20, 20, 2, 5, 4, 3), whole(2, 1, 6, 5, 1, 1));
            add(cases, "remainder by a negative " + truncated, new Mod(truncated), whole(1, -20, 20, 2, 4), Tensor.vector(-3));
        }
        add(cases, "remainder of reals", new Mod(true), new Tensor(Shape.of(1, 4), new float[] {5.5f, -5.5f, 0.25f, 7}), Tensor.vector(1.5f));
        add(cases, "floor", new Floor(), OperatorCase.random(1, 2, 5, 4, 3));
        add(cases, "cast to integers", new Cast(true), scaled(4, OperatorCase.random(1, 2, 5, 4, 3)));
        add(cases, "cast to reals", new Cast(false), whole(1, -9, 9, 2, 5, 4, 3));
        add(cases, "tile", new Tile(List.of(1L, 2L, 1L, 3L)), OperatorCase.random(1, 2, 5, 4, 3));
        add(cases, "tile of samples", new Tile(List.of(2L, 1L)), OperatorCase.random(1, 2, 5));
        return cases;
    }

    private static Tensor scaled(float factor, Tensor x) {
        for (int i = 0; i < x.size(); i++) {
            x.data()[i] *= factor;
        }
        return x;
    }

    private static void add(List<OperatorCase> cases, String name, Op op, Tensor... operands) {
        cases.add(new OperatorCase(name, op, List.of(operands), 1));
    }
}
