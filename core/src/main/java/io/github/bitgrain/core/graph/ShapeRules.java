package io.github.bitgrain.core.graph;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The one table operator → shapes of its results. A rule gets null for omitted and structural operands. */
public final class ShapeRules {
    private static final Map<Class<? extends Op>, Rule<? extends Op>> TABLE = new LinkedHashMap<>();

    private ShapeRules() {}

    /** Shapes of the results of an operator. */
    @FunctionalInterface
    interface Rule<O extends Op> {
        List<Shape> shapes(O op, List<Shape> in, int results);
    }

    /** A rule for operators with one result. */
    @FunctionalInterface
    private interface Single<O extends Op> {
        Shape shape(O op, List<Shape> in);
    }

    static {
        rule(Conv.class, WindowShapes::conv);
        rule(ConvTranspose.class, WindowShapes::convTranspose);
        rule(Gemm.class, ShapeRules::gemm);
        rule(MatMul.class, (op, in) -> matMul(in.get(0), in.get(1)));
        rule(BatchNorm.class, (op, in) -> {
            require(in.size() == 5, "needs x, scale, bias, mean and variance");
            for (Shape channel : in.subList(1, 5)) {
                require(channel.size() == in.getFirst().dim(1), "one value per channel of " + in.getFirst() + " is needed");
            }
            return in.getFirst();
        });
        for (Class<? extends Op> type : List.of(Add.class, Sub.class, Mul.class, Div.class, Max.class, Min.class, IntegerDiv.class, Mod.class)) {
            rule(type, (op, in) -> in.get(0).broadcast(in.get(1)));
        }
        for (Class<? extends Op> type : List.of(Relu.class, LeakyRelu.class, Clip.class, Sigmoid.class, Tanh.class,
                HardSigmoid.class, HardSwish.class, Swish.class, Elu.class, Gelu.class, Exp.class, Log.class, Sqrt.class,
                Neg.class, Abs.class, Reciprocal.class, Erf.class, Identity.class, Floor.class, Cast.class)) {
            rule(type, (op, in) -> in.getFirst());
        }
        TABLE.put(Gru.class, (Rule<Gru>) (op, in, results) -> recurrent(3, op.hidden(), op.direction(), in, results, 2));
        TABLE.put(Lstm.class, (Rule<Lstm>) (op, in, results) -> recurrent(4, op.hidden(), op.direction(), in, results, 3));
        rule(LayerNorm.class, (op, in) -> normalized(op.axis(), in));
        rule(RmsNorm.class, (op, in) -> normalized(op.axis(), in));
        rule(DepthToSpace.class, (op, in) -> blocks(in.getFirst(), op.block(), false));
        rule(SpaceToDepth.class, (op, in) -> blocks(in.getFirst(), op.block(), true));
        rule(PRelu.class, (op, in) -> {
            require(in.get(0).broadcast(in.get(1)).equals(in.get(0)), "the slope is larger than x");
            return in.get(0);
        });
        rule(MaxPool.class, (op, in) -> WindowShapes.pool(in.getFirst(), op.kernel(), op.stride(), op.pads(), op.dilation(), op.ceil()));
        rule(AveragePool.class, (op, in) -> WindowShapes.pool(in.getFirst(), op.kernel(), op.stride(), op.pads(), Size.ONE, op.ceil()));
        for (Class<? extends Op> type : List.of(GlobalAveragePool.class, GlobalMaxPool.class)) {
            rule(type, (op, in) -> {
                Shape shape = in.getFirst();
                for (int axis = 2; axis < shape.rank(); axis++) {
                    shape = shape.with(axis, 1);
                }
                return shape;
            });
        }
        rule(Concat.class, ShapeRules::concat);
        TABLE.put(Split.class, (Rule<Split>) (op, in, results) -> {
            require(results <= op.sizes().size(), "more results than sizes " + op.sizes());
            require(op.sizes().stream().mapToInt(Integer::intValue).sum() == in.getFirst().dim(op.axis()),
                    "sizes " + op.sizes() + " do not add up to axis " + op.axis());
            return op.sizes().stream().map(size -> in.getFirst().with(op.axis(), size)).toList();
        });
        rule(Reshape.class, (op, in) -> reshape(op, in.getFirst()));
        rule(Flatten.class, (op, in) -> {
            Shape x = in.getFirst();
            int axis = op.axis() < 0 ? op.axis() + x.rank() : op.axis();
            require(axis >= 0 && axis <= x.rank(), "axis " + op.axis());
            return Shape.of(x.size(0, axis), x.size(axis, x.rank()));
        });
        rule(Transpose.class, (op, in) -> {
            require(op.permutation().stream().sorted().toList().equals(range(in.getFirst().rank())),
                    op.permutation() + " is no permutation of the axes");
            return Shape.of(op.permutation().stream().map(axis -> in.getFirst().dim(axis)).toList());
        });
        rule(Squeeze.class, (op, in) -> squeeze(op, in.getFirst()));
        rule(Unsqueeze.class, (op, in) -> {
            int rank = in.getFirst().rank() + op.axes().size();
            List<Integer> dims = new ArrayList<>();
            for (int dim : in.getFirst().dims()) {
                dims.add(dim);
            }
            for (int axis : axes(op.axes(), rank)) {
                dims.add(axis, 1);
            }
            return Shape.of(dims);
        });
        rule(Slice.class, (op, in) -> {
            Shape shape = in.getFirst();
            for (int i = 0; i < op.axes().size(); i++) {
                shape = shape.with(op.axes().get(i), SliceRange.of(op, i, in.getFirst()).count());
            }
            return shape;
        });
        rule(Pad.class, (op, in) -> {
            Shape shape = in.getFirst();
            require(op.begins().size() == shape.rank() && op.ends().size() == shape.rank(), "pads for another rank");
            for (int axis = 0; axis < shape.rank(); axis++) {
                shape = shape.with(axis, shape.dim(axis) + op.begins().get(axis) + op.ends().get(axis));
            }
            return shape;
        });
        rule(Resize.class, (op, in) -> resize(op, in.getFirst()));
        rule(Gather.class, (op, in) -> {
            Shape x = in.getFirst();
            int axis = x.axis(op.axis());
            for (int index : op.indices()) {
                require(index >= -x.dim(axis) && index < x.dim(axis), "index " + index + " of axis " + axis);
            }
            List<Integer> dims = new ArrayList<>();
            for (int i = 0; i < x.rank(); i++) {
                if (i != axis) {
                    dims.add(x.dim(i));
                } else {
                    for (int dim : op.indicesShape().dims()) {
                        dims.add(dim);
                    }
                }
            }
            return Shape.of(dims);
        });
        rule(StreamingCache.class, (op, in) -> {
            Shape x = in.getFirst();
            require(x.rank() > StreamingCache.FRAMES && op.window() > 0, "no window of " + op.window() + " over axis 2");
            return x.with(StreamingCache.FRAMES, x.dim(StreamingCache.FRAMES) + op.window() - 1);
        });
        rule(Embedding.class, (op, in) -> {
            Shape table = in.get(Embedding.TABLE);
            require(table.rank() == 2, "a table of rank " + table.rank());
            Shape indices = in.get(Embedding.INDICES);
            return behind(indices, table.dim(1));
        });
        TABLE.put(TopK.class, (Rule<TopK>) (op, in, results) -> IndexShapes.topK(op, in.getFirst(), results));
        rule(ArgMax.class, (op, in) -> IndexShapes.argMax(op, in.getFirst()));
        rule(GatherElements.class, (op, in) -> IndexShapes.gatherElements(op, in.get(0), in.get(1)));
        rule(GatherNd.class, (op, in) -> IndexShapes.gatherNd(op, in.get(0), in.get(1)));
        rule(IndexedGather.class, (op, in) -> IndexShapes.indexedGather(op, in.get(0), in.get(1)));
        rule(Tile.class, (op, in) -> IndexShapes.tile(op, in.getFirst()));
        rule(Expand.class, (op, in) ->
                in.getFirst().broadcast(Shape.of(op.shape().stream().map(Math::toIntExact).toList())));
        rule(Softmax.class, (op, in) -> checkedAxis(in.getFirst(), op.axis()));
        rule(LogSoftmax.class, (op, in) -> checkedAxis(in.getFirst(), op.axis()));
        rule(ReduceMean.class, (op, in) -> reduce(in.getFirst(), op.axes(), op.keepDims()));
        rule(ReduceSum.class, (op, in) -> reduce(in.getFirst(), op.axes(), op.keepDims()));
        rule(ReduceMax.class, (op, in) -> reduce(in.getFirst(), op.axes(), op.keepDims()));
        rule(ReduceMin.class, (op, in) -> reduce(in.getFirst(), op.axes(), op.keepDims()));
        rule(InsertZeros.class, (op, in) -> {
            Spatial x = Spatial.of(in.getFirst());
            return x.withExtent(
                    (x.h() - 1) * op.stride().h() + 1 + op.outputPadding().h(),
                    (x.w() - 1) * op.stride().w() + 1 + op.outputPadding().w());
        });
        rule(FakeQuant.class, (op, in) -> {
            int scales = op.perChannel() ? in.getFirst().dim(op.axis()) : 1;
            require(in.get(1).size() == scales, scales + " scales are needed");
            return in.getFirst();
        });
        rule(LinearQuant.class, (op, in) -> {
            int scales = op.perChannel() ? in.getFirst().dim(in.getFirst().axis(op.axis())) : 1;
            for (Shape operand : in.subList(1, in.size())) {
                require(operand == null || operand.size() == scales, scales + " scales are needed");
            }
            return in.getFirst();
        });
        rule(CrossEntropy.class, (op, in) -> {
            Shape logits = in.get(0);
            require(logits.rank() == 2, "logits must be [N, C]");
            require(in.get(1).equals(logits) || in.get(1).equals(Shape.of(logits.dim(0))), "target must be [N] or [N, C]");
            return Shape.of();
        });
        rule(MeanSquaredError.class, (op, in) -> {
            require(in.get(0).equals(in.get(1)), "the target has another shape");
            return Shape.of();
        });
    }

    /** The operators that have a rule. */
    public static Set<Class<? extends Op>> supported() {
        return Collections.unmodifiableSet(TABLE.keySet());
    }

    @SuppressWarnings("unchecked")
    static List<Shape> apply(Op op, List<Shape> operands, int results) {
        Rule<Op> rule = (Rule<Op>) TABLE.get(op.getClass());
        if (rule == null) {
            throw new IllegalArgumentException("no shape rule for " + op.onnxType());
        }
        require(!operands.isEmpty() && operands.getFirst() != null, "the first operand is missing");
        return rule.shapes(op, operands, results);
    }

    private static <O extends Op> void rule(Class<? extends O> type, Single<O> rule) {
        TABLE.put(type, (Rule<O>) (op, in, results) -> List.of(rule.shape(op, in)));
    }

    private static List<Shape> recurrent(int gates, int hidden, Direction direction, List<Shape> in, int results, int most) {
        Shape x = in.getFirst();
        require(x.rank() == 3, "the sequence must be [time, batch, features]");
        require(results <= most, results + " results; there are at most " + most);
        int walks = direction.count();
        require(in.get(1).equals(Shape.of(walks, gates * hidden, x.dim(2))), "weights must be " + Shape.of(walks, gates * hidden, x.dim(2)));
        require(in.get(2).equals(Shape.of(walks, gates * hidden, hidden)), "recurrence must be " + Shape.of(walks, gates * hidden, hidden));
        require(in.size() < 4 || in.get(3) == null || in.get(3).equals(Shape.of(walks, 2 * gates * hidden)),
                "bias must be " + Shape.of(walks, 2 * gates * hidden));
        Shape state = Shape.of(walks, x.dim(1), hidden);
        for (int i = 5; i < Math.min(in.size(), GateQuantization.STATE_SCALE); i++) {
            require(in.get(i) == null || in.get(i).equals(state), "initial states must be " + state);
        }
        return List.of(Shape.of(x.dim(0), walks, x.dim(1), hidden), state, state).subList(0, results);
    }

    private static Shape normalized(int axis, List<Shape> in) {
        Shape x = in.getFirst();
        int length = x.size(x.axis(axis), x.rank());
        for (Shape parameter : in.subList(1, in.size())) {
            require(parameter == null || parameter.size() == length, "scale and bias need one value for each of " + length + " elements");
        }
        return x;
    }

    private static Shape blocks(Shape x, int b, boolean intoChannels) {
        require(x.rank() == 4 && b > 0, "images of rank 4 and a positive block are needed");
        if (intoChannels) {
            require(x.dim(2) % b == 0 && x.dim(3) % b == 0, x + " does not split into blocks of " + b);
            return Shape.of(x.dim(0), x.dim(1) * b * b, x.dim(2) / b, x.dim(3) / b);
        }
        require(x.dim(1) % (b * b) == 0, x.dim(1) + " channels are no multiple of " + b * b);
        return Shape.of(x.dim(0), x.dim(1) / (b * b), x.dim(2) * b, x.dim(3) * b);
    }

    private static Shape gemm(Gemm op, List<Shape> in) {
        require(in.get(0).rank() == 2 && in.get(1).rank() == 2, "operands must be matrices, not " + in.get(0) + " and " + in.get(1));
        int m = in.get(0).dim(op.transA() ? 1 : 0);
        int k = in.get(0).dim(op.transA() ? 0 : 1);
        int n = in.get(1).dim(op.transB() ? 0 : 1);
        require(in.get(1).dim(op.transB() ? 1 : 0) == k, "inner extents differ");
        Shape y = Shape.of(m, n);
        require(in.size() < 3 || in.get(2) == null || in.get(2).broadcast(y).equals(y), "c does not broadcast to " + y);
        return y;
    }

    private static Shape matMul(Shape a, Shape b) {
        require(a.rank() >= 2 && b.rank() >= 2, "operands must be matrices");
        require(a.dim(-1) == b.dim(-2), "inner extents differ");
        int rank = Math.max(a.rank(), b.rank());
        Shape lead = a.with(-1, 1).with(-2, 1).broadcast(b.with(-1, 1).with(-2, 1));
        return lead.padTo(rank).with(rank - 2, a.dim(-2)).with(rank - 1, b.dim(-1));
    }

    private static Shape concat(Concat op, List<Shape> in) {
        Shape first = in.getFirst();
        int axis = first.axis(op.axis());
        int extent = 0;
        for (Shape part : in) {
            require(part.rank() == first.rank() && part.with(axis, first.dim(axis)).equals(first),
                    "operands differ beside axis " + axis);
            extent += part.dim(axis);
        }
        return first.with(axis, extent);
    }

    private static Shape reshape(Reshape op, Shape x) {
        int[] dims = new int[op.shape().size()];
        int open = -1;
        long known = 1;
        for (int i = 0; i < dims.length; i++) {
            long dim = op.shape().get(i);
            if (dim == 0 && !op.allowZero()) {
                dim = x.dim(i);
            }
            if (dim == -1) {
                require(open < 0, "two extents of -1 in " + op.shape());
                open = i;
            } else {
                dims[i] = Math.toIntExact(dim);
                known *= dim;
            }
        }
        if (open >= 0) {
            require(known > 0 && x.size() % known == 0, x.size() + " elements do not fit " + op.shape());
            dims[open] = Math.toIntExact(x.size() / known);
        }
        Shape y = Shape.of(dims);
        require(y.size() == x.size(), x.size() + " elements do not fit " + op.shape());
        return y;
    }

    private static Shape squeeze(Squeeze op, Shape x) {
        Set<Integer> gone = new TreeSet<>();
        if (op.axes().isEmpty()) {
            for (int axis = 1; axis < x.rank(); axis++) {
                if (x.dim(axis) == 1) {
                    gone.add(axis);
                }
            }
        } else {
            gone.addAll(axes(op.axes(), x.rank()));
        }
        List<Integer> dims = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            require(!gone.contains(axis) || x.dim(axis) == 1, "axis " + axis + " is not 1");
            if (!gone.contains(axis)) {
                dims.add(x.dim(axis));
            }
        }
        return Shape.of(dims);
    }

    private static Shape resize(Resize op, Shape x) {
        int[] dims = x.dims();
        for (int axis = 0; axis < dims.length; axis++) {
            dims[axis] = op.sizes().isEmpty()
                    ? (int) (dims[axis] * (double) op.scales().get(axis))
                    : Math.toIntExact(op.sizes().get(axis));
        }
        return Shape.of(dims);
    }

    private static Shape reduce(Shape x, List<Integer> axes, boolean keepDims) {
        Set<Integer> gone = axes.isEmpty() ? new TreeSet<>(range(x.rank())) : axes(axes, x.rank());
        List<Integer> dims = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            if (!gone.contains(axis)) {
                dims.add(x.dim(axis));
            } else if (keepDims) {
                dims.add(1);
            }
        }
        return Shape.of(dims);
    }

    private static Shape behind(Shape shape, int extent) {
        int[] dims = Arrays.copyOf(shape.dims(), shape.rank() + 1);
        dims[shape.rank()] = extent;
        return Shape.of(dims);
    }

    private static Shape checkedAxis(Shape x, int axis) {
        x.axis(axis);
        return x;
    }

    /** The axes counted from the front, ascending. */
    static Set<Integer> axes(List<Integer> axes, int rank) {
        Set<Integer> front = new TreeSet<>();
        for (int axis : axes) {
            require(axis >= -rank && axis < rank, "axis " + axis + " of rank " + rank);
            front.add(axis < 0 ? axis + rank : axis);
        }
        require(front.size() == axes.size(), "an axis is listed twice");
        return front;
    }

    private static List<Integer> range(int end) {
        return java.util.stream.IntStream.range(0, end).boxed().toList();
    }

    /** Refuses operands that do not fit, for this reason. */
    static void require(boolean condition, String reason) {
        if (!condition) {
            throw new IllegalArgumentException(reason);
        }
    }
}
