package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The reference for operators that move elements, by index arithmetic. */
final class ReferenceShapes {
    private ReferenceShapes() {}

    static List<Integer> tail(Shape shape) {
        return IntStream.range(2, shape.rank()).boxed().toList();
    }

    static Doubles slice(Doubles x, int axis, int first, int count) {
        Doubles y = Doubles.zeros(x.shape().with(axis, count));
        for (int i = 0; i < y.data().length; i++) {
            int[] at = Doubles.index(y.shape(), i);
            at[axis] += first;
            y.data()[i] = x.get(at);
        }
        return y;
    }

    static Doubles evaluate(Op op, List<Doubles> in, Shape shape) {
        Doubles x = in.getFirst();
        Doubles y = Doubles.zeros(shape);
        for (int i = 0; i < y.data().length; i++) {
            int[] at = Doubles.index(shape, i);
            y.data()[i] = switch (op) {
                case Reshape o -> x.data()[i];
                case Flatten o -> x.data()[i];
                case Squeeze o -> x.data()[i];
                case Unsqueeze o -> x.data()[i];
                case DepthToSpace o -> {
                    int b = o.block();
                    int tap = at[2] % b * b + at[3] % b;
                    int channel = o.columnRowDepth() ? at[1] * b * b + tap : tap * shape.dim(1) + at[1];
                    yield x.get(new int[] {at[0], channel, at[2] / b, at[3] / b});
                }
                case SpaceToDepth o -> {
                    int b = o.block();
                    int tap = o.channelsFirst() ? at[1] % (b * b) : at[1] / x.shape().dim(1);
                    int channel = o.channelsFirst() ? at[1] / (b * b) : at[1] % x.shape().dim(1);
                    yield x.get(new int[] {at[0], channel, at[2] * b + tap / b, at[3] * b + tap % b});
                }
                case Expand o -> x.broadcast(at);
                case Tile o -> x.get(IntStream.range(0, at.length).map(a -> at[a] % x.shape().dim(a)).toArray());
                case ArgMax o -> ReferenceIndices.argMax(o, x, at);
                case GatherElements o -> ReferenceIndices.gatherElements(o, x, in.get(1), at);
                case IndexedGather o -> ReferenceIndices.indexedGather(o, x, in.get(1), at);
                case GatherNd o -> ReferenceIndices.gatherNd(o, x, in.get(1), at);
                case Transpose o -> {
                    int[] from = new int[at.length];
                    for (int axis = 0; axis < at.length; axis++) {
                        from[o.permutation().get(axis)] = at[axis];
                    }
                    yield x.get(from);
                }
                case Concat o -> {
                    int axis = shape.axis(o.axis());
                    int part = 0;
                    while (at[axis] >= in.get(part).shape().dim(axis)) {
                        at[axis] -= in.get(part++).shape().dim(axis);
                    }
                    yield in.get(part).get(at);
                }
                case Slice o -> {
                    for (int k = 0; k < o.axes().size(); k++) {
                        int axis = x.shape().axis(o.axes().get(k));
                        int extent = x.shape().dim(axis);
                        long start = o.starts().get(k) < 0 ? o.starts().get(k) + extent : o.starts().get(k);
                        start = o.steps().get(k) > 0 ? Math.clamp(start, 0, extent) : Math.clamp(start, 0, extent - 1);
                        at[axis] = (int) (start + at[axis] * o.steps().get(k));
                    }
                    yield x.get(at);
                }
                case Pad o -> pad(o, x, at);
                case Gather o -> {
                    int axis = x.shape().axis(o.axis());
                    int[] from = new int[x.shape().rank()];
                    int flat = 0;
                    for (int a = 0; a < o.indicesShape().rank(); a++) {
                        flat = flat * o.indicesShape().dim(a) + at[axis + a];
                    }
                    for (int a = 0; a < from.length; a++) {
                        int index = o.indices().get(flat);
                        from[a] = a < axis ? at[a] : a > axis ? at[a + o.indicesShape().rank() - 1]
                                : index < 0 ? index + x.shape().dim(axis) : index;
                    }
                    yield x.get(from);
                }
                case StreamingCache o -> {
                    at[2] -= o.window() - 1;
                    yield at[2] < 0 ? 0 : x.get(at);
                }
                case Embedding o -> in.get(1).get((int) x.get(Arrays.copyOf(at, at.length - 1)), at[at.length - 1]);
                case InsertZeros o -> {
                    int h = at.length == 4 ? at[2] : 0;
                    int w = at[at.length - 1];
                    if (h % o.stride().h() != 0 || w % o.stride().w() != 0) {
                        yield 0;
                    }
                    if (at.length == 4) {
                        at[2] /= o.stride().h();
                    }
                    at[at.length - 1] /= o.stride().w();
                    yield IntStream.range(0, at.length).allMatch(a -> at[a] < x.shape().dim(a)) ? x.get(at) : 0;
                }
                case Resize o -> resize(o, x, shape, at, 0);
                default -> throw new AssertionError("no reference for " + op);
            };
        }
        return y;
    }

    private static double pad(Pad op, Doubles x, int[] at) {
        for (int axis = 0; axis < at.length; axis++) {
            int extent = x.shape().dim(axis);
            int from = at[axis] - op.begins().get(axis);
            if (from < 0 || from >= extent) {
                switch (op.mode()) {
                    case CONSTANT -> {
                        return op.value();
                    }
                    case EDGE -> from = from < 0 ? 0 : extent - 1;
                    case WRAP -> from = (from + extent) % extent;
                    case REFLECT -> from = from < 0 ? -from : 2 * (extent - 1) - from;
                    default -> throw new AssertionError(op.mode());
                }
            }
            at[axis] = from;
        }
        return x.get(at);
    }

    /** Interpolates along the axes from {@code axis} on, recursively. */
    private static double resize(Resize op, Doubles x, Shape shape, int[] at, int axis) {
        if (axis == at.length) {
            return x.get(at);
        }
        int in = x.shape().dim(axis);
        int out = shape.dim(axis);
        double scale = op.scales().isEmpty() ? (double) out / in : op.scales().get(axis);
        if (in == out && scale == 1) {
            return resize(op, x, shape, at, axis + 1);
        }
        double position = switch (op.coordinates()) {
            case HALF_PIXEL -> (at[axis] + 0.5) / scale - 0.5;
            case HALF_PIXEL_SYMMETRIC -> in / 2.0 * (1 - out / (scale * in)) + (at[axis] + 0.5) / scale - 0.5;
            case PYTORCH_HALF_PIXEL -> out > 1 ? (at[axis] + 0.5) / scale - 0.5 : 0;
            case ALIGN_CORNERS -> out == 1 ? 0 : (double) at[axis] * (in - 1) / (out - 1);
            case ASYMMETRIC -> at[axis] / scale;
        };
        if (op.mode() == Resize.Mode.NEAREST) {
            double nearest = switch (op.nearest()) {
                case FLOOR -> Math.floor(position);
                case CEIL -> Math.ceil(position);
                case ROUND_PREFER_FLOOR -> Math.ceil(position - 0.5);
                case ROUND_PREFER_CEIL -> Math.floor(position + 0.5);
            };
            return resize(op, x, shape, with(at, axis, (int) nearest, in), axis + 1);
        }
        double sum = 0;
        int base = (int) Math.floor(position);
        for (int t = base - 1; t <= base + 2; t++) {
            double d = Math.abs(position - t);
            double weight = op.mode() == Resize.Mode.LINEAR ? Math.max(0, 1 - d) : cubic(d, op.cubicCoefficient());
            if (weight != 0) {
                sum += weight * resize(op, x, shape, with(at, axis, t, in), axis + 1);
            }
        }
        return sum;
    }

    private static double cubic(double d, double a) {
        if (d <= 1) {
            return (a + 2) * d * d * d - (a + 3) * d * d + 1;
        }
        return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
    }

    private static int[] with(int[] at, int axis, int value, int extent) {
        int[] changed = at.clone();
        changed[axis] = Math.clamp(value, 0, extent - 1);
        return changed;
    }
}
