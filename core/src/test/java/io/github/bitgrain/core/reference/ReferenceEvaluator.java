package io.github.bitgrain.core.reference;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.graph.ShapeInference;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every operator in double precision by plain loops over ONNX's definitions; shares no code with the executor. */
public final class ReferenceEvaluator {
    private ReferenceEvaluator() {}

    /** All values of a graph. */
    static Map<String, Doubles> run(Graph graph, Map<String, Doubles> given) {
        Map<String, Doubles> values = new LinkedHashMap<>(given);
        for (Node node : graph.nodes()) {
            List<Doubles> in = new ArrayList<>();
            List<Shape> shapes = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                Doubles operand = node.isTensorInput(i) ? values.get(node.input(i)) : null;
                in.add(operand);
                shapes.add(operand == null ? null : operand.shape());
            }
            List<Shape> results = ShapeInference.of(node.op(), shapes, node.outputs().size());
            List<Doubles> out = evaluate(node.op(), in, results);
            for (int i = 0; i < node.outputs().size(); i++) {
                values.put(node.outputs().get(i), out.get(i));
            }
        }
        return values;
    }

    /** All values as floats. */
    public static Map<String, Tensor> runTensors(Graph graph, Map<String, Tensor> given) {
        Map<String, Doubles> doubles = new LinkedHashMap<>();
        given.forEach((name, tensor) -> doubles.put(name, Doubles.of(tensor)));
        Map<String, Tensor> result = new LinkedHashMap<>();
        run(graph, doubles).forEach((name, value) -> result.put(name, value.tensor()));
        return result;
    }

    private static List<Doubles> evaluate(Op op, List<Doubles> in, List<Shape> shapes) {
        if (op instanceof Split split) {
            List<Doubles> parts = new ArrayList<>();
            int first = 0;
            for (int size : split.sizes()) {
                parts.add(ReferenceShapes.slice(in.getFirst(), in.getFirst().shape().axis(split.axis()), first, size));
                first += size;
            }
            return parts;
        }
        if (op instanceof Gru || op instanceof Lstm) {
            return ReferenceRecurrent.evaluate(op, in, shapes);
        }
        if (op instanceof TopK topK) {
            return ReferenceIndices.topK(topK, in.getFirst(), shapes);
        }
        return List.of(single(op, in, shapes.getFirst()));
    }

    private static Doubles single(Op op, List<Doubles> in, Shape shape) {
        Doubles x = in.getFirst();
        return switch (op) {
            case Conv o -> conv(o, in, shape);
            case ConvTranspose o -> convTranspose(o, in, shape);
            case Gemm o -> gemm(o, in, shape);
            case MatMul o -> matMul(x, in.get(1), shape);
            case BatchNorm o -> batchNorm(o, in);
            case Add o -> x.zip(in.get(1), (a, b) -> a + b);
            case Sub o -> x.zip(in.get(1), (a, b) -> a - b);
            case Mul o -> x.zip(in.get(1), (a, b) -> a * b);
            case Div o -> x.zip(in.get(1), (a, b) -> a / b);
            case Max o -> x.zip(in.get(1), Math::max);
            case Min o -> x.zip(in.get(1), Math::min);
            case LayerNorm o -> normalized(x, in, o.axis(), o.epsilon(), true);
            case RmsNorm o -> normalized(x, in, o.axis(), o.epsilon(), false);
            case Erf o -> x.map(ReferenceEvaluator::erf);
            case PRelu o -> x.zip(in.get(1), (a, b) -> a >= 0 ? a : a * b);
            case Relu o -> x.map(v -> Math.max(v, 0));
            case LeakyRelu o -> x.map(v -> v >= 0 ? v : o.alpha() * v);
            case Clip o -> x.map(v -> Math.min(Math.max(v, o.min()), o.max()));
            case Sigmoid o -> x.map(ReferenceEvaluator::sigmoid);
            case Tanh o -> x.map(Math::tanh);
            case HardSigmoid o -> x.map(v -> Math.clamp(o.alpha() * v + o.beta(), 0.0, 1.0));
            case HardSwish o -> x.map(v -> v * Math.clamp(v / 6 + 0.5, 0.0, 1.0));
            case Swish o -> x.map(v -> v * sigmoid(v));
            case Elu o -> x.map(v -> v >= 0 ? v : o.alpha() * Math.expm1(v));
            case Gelu o -> x.map(v -> o.tanh()
                    ? 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)))
                    : 0.5 * v * (1 + erf(v / Math.sqrt(2))));
            case Exp o -> x.map(Math::exp);
            case Log o -> x.map(Math::log);
            case Sqrt o -> x.map(Math::sqrt);
            case Neg o -> x.map(v -> -v);
            case Abs o -> x.map(Math::abs);
            case Reciprocal o -> x.map(v -> 1 / v);
            case Identity o -> x;
            case Floor o -> x.map(Math::floor);
            case Cast o -> o.toInteger() ? x.map(v -> v < 0 ? Math.ceil(v) : Math.floor(v)) : x;
            case IntegerDiv o -> x.zip(in.get(1), (a, b) -> (int) (a / b));
            case Mod o -> x.zip(in.get(1), (a, b) -> o.truncated() ? a - b * (long) (a / b) : a - b * Math.floor(a / b));
            case FakeQuant o -> fakeQuant(o, x, in.get(1));
            case LinearQuant o -> linearQuant(o, x, in);
            case MaxPool o -> pool(x, shape, o.kernel(), o.stride(), o.pads(), o.dilation(), false, true);
            case AveragePool o -> pool(x, shape, o.kernel(), o.stride(), o.pads(), Size.ONE, o.countIncludePad(), false);
            case GlobalAveragePool o -> reduce(x, ReferenceShapes.tail(x.shape()), shape, 'm');
            case GlobalMaxPool o -> reduce(x, ReferenceShapes.tail(x.shape()), shape, 'x');
            case ReduceMean o -> reduce(x, o.axes(), shape, 'm');
            case ReduceSum o -> reduce(x, o.axes(), shape, 's');
            case ReduceMax o -> reduce(x, o.axes(), shape, 'x');
            case ReduceMin o -> reduce(x.map(v -> -v), o.axes(), shape, 'x').map(v -> -v);
            case Softmax o -> softmax(x, x.shape().axis(o.axis()));
            case LogSoftmax o -> softmax(x, x.shape().axis(o.axis())).map(Math::log);
            case CrossEntropy o -> crossEntropy(x, in.get(1));
            case MeanSquaredError o -> {
                double sum = 0;
                for (int i = 0; i < x.data().length; i++) {
                    sum += Math.pow(x.data()[i] - in.get(1).data()[i], 2);
                }
                yield Doubles.scalar(sum / x.data().length);
            }
            default -> ReferenceShapes.evaluate(op, in, shape);
        };
    }

    private static Doubles normalized(Doubles x, List<Doubles> in, int axis, double epsilon, boolean centred) {
        int length = x.shape().size(x.shape().axis(axis), x.shape().rank());
        Doubles y = Doubles.zeros(x.shape());
        for (int start = 0; start < x.data().length; start += length) {
            double[] row = java.util.Arrays.copyOfRange(x.data(), start, start + length);
            double mean = centred ? java.util.Arrays.stream(row).average().orElseThrow() : 0;
            double square = java.util.Arrays.stream(row).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            for (int i = 0; i < length; i++) {
                double bias = in.size() > 2 ? in.get(2).data()[i] : 0;
                y.data()[start + i] = (row[i] - mean) / Math.sqrt(square + epsilon) * in.get(1).data()[i] + bias;
            }
        }
        return y;
    }

    private static double sigmoid(double v) {
        return 1 / (1 + Math.exp(-v));
    }

    /** Error function by numerical integration (Simpson), accurate to 1e-12. */
    private static double erf(double v) {
        int steps = 400;
        double h = v / steps;
        double sum = 1 + Math.exp(-v * v);
        for (int i = 1; i < steps; i++) {
            sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-Math.pow(i * h, 2));
        }
        return 2 / Math.sqrt(Math.PI) * sum * h / 3;
    }

    private static int[] size(Doubles value) {
        Shape s = value.shape();
        return new int[] {s.rank() == 3 ? 1 : s.dim(2), s.dim(-1)};
    }

    private static Doubles conv(Conv op, List<Doubles> in, Shape shape) {
        Doubles x = in.get(0);
        Doubles w = in.get(1);
        Doubles y = Doubles.zeros(shape);
        int[] xs = size(x);
        int[] ks = size(w);
        int[] ys = size(y);
        int perGroup = w.shape().dim(1);
        int outPerGroup = shape.dim(1) / op.groups();
        for (int n = 0; n < shape.dim(0); n++) {
            for (int m = 0; m < shape.dim(1); m++) {
                for (int oy = 0; oy < ys[0]; oy++) {
                    for (int ox = 0; ox < ys[1]; ox++) {
                        double sum = in.size() > 2 && in.get(2) != null ? in.get(2).data()[m] : 0;
                        for (int c = 0; c < perGroup; c++) {
                            for (int ky = 0; ky < ks[0]; ky++) {
                                for (int kx = 0; kx < ks[1]; kx++) {
                                    int iy = oy * op.stride().h() - op.pads().top() + ky * op.dilation().h();
                                    int ix = ox * op.stride().w() - op.pads().left() + kx * op.dilation().w();
                                    if (iy >= 0 && iy < xs[0] && ix >= 0 && ix < xs[1]) {
                                        int channel = m / outPerGroup * perGroup + c;
                                        sum += x.data()[((n * x.shape().dim(1) + channel) * xs[0] + iy) * xs[1] + ix]
                                                * w.data()[((m * perGroup + c) * ks[0] + ky) * ks[1] + kx];
                                    }
                                }
                            }
                        }
                        y.data()[((n * shape.dim(1) + m) * ys[0] + oy) * ys[1] + ox] = sum;
                    }
                }
            }
        }
        return y;
    }

    private static Doubles convTranspose(ConvTranspose op, List<Doubles> in, Shape shape) {
        Doubles x = in.get(0);
        Doubles w = in.get(1);
        Doubles y = Doubles.zeros(shape);
        int[] xs = size(x);
        int[] ks = size(w);
        int[] ys = size(y);
        int channels = x.shape().dim(1);
        int outPerGroup = w.shape().dim(1);
        for (int n = 0; n < shape.dim(0); n++) {
            for (int c = 0; c < channels; c++) {
                for (int iy = 0; iy < xs[0]; iy++) {
                    for (int ix = 0; ix < xs[1]; ix++) {
                        for (int m = 0; m < outPerGroup; m++) {
                            for (int ky = 0; ky < ks[0]; ky++) {
                                for (int kx = 0; kx < ks[1]; kx++) {
                                    int oy = iy * op.stride().h() - op.pads().top() + ky * op.dilation().h();
                                    int ox = ix * op.stride().w() - op.pads().left() + kx * op.dilation().w();
                                    if (oy >= 0 && oy < ys[0] && ox >= 0 && ox < ys[1]) {
                                        int out = c / (channels / op.groups()) * outPerGroup + m;
                                        y.data()[((n * shape.dim(1) + out) * ys[0] + oy) * ys[1] + ox]
                                                += x.data()[((n * channels + c) * xs[0] + iy) * xs[1] + ix]
                                                        * w.data()[((c * outPerGroup + m) * ks[0] + ky) * ks[1] + kx];
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        if (in.size() > 2 && in.get(2) != null) {
            for (int i = 0; i < y.data().length; i++) {
                y.data()[i] += in.get(2).data()[Doubles.index(shape, i)[1]];
            }
        }
        return y;
    }

    private static Doubles gemm(Gemm op, List<Doubles> in, Shape shape) {
        Doubles a = in.get(0);
        Doubles b = in.get(1);
        int k = a.shape().dim(op.transA() ? 0 : 1);
        Doubles y = Doubles.zeros(shape);
        for (int i = 0; i < y.data().length; i++) {
            int[] at = Doubles.index(shape, i);
            double sum = 0;
            for (int j = 0; j < k; j++) {
                sum += (op.transA() ? a.get(j, at[0]) : a.get(at[0], j)) * (op.transB() ? b.get(at[1], j) : b.get(j, at[1]));
            }
            y.data()[i] = op.alpha() * sum + (in.size() > 2 && in.get(2) != null ? op.beta() * in.get(2).broadcast(at) : 0);
        }
        return y;
    }

    private static Doubles matMul(Doubles a, Doubles b, Shape shape) {
        Doubles y = Doubles.zeros(shape);
        for (int i = 0; i < y.data().length; i++) {
            int[] at = Doubles.index(shape, i);
            double sum = 0;
            for (int j = 0; j < a.shape().dim(-1); j++) {
                int[] left = at.clone();
                int[] right = at.clone();
                left[left.length - 1] = j;
                right[right.length - 2] = j;
                sum += a.broadcast(left) * b.broadcast(right);
            }
            y.data()[i] = sum;
        }
        return y;
    }

    private static Doubles batchNorm(BatchNorm op, List<Doubles> in) {
        Doubles x = in.get(0);
        Doubles y = Doubles.zeros(x.shape());
        int channels = x.shape().dim(1);
        double[] mean = in.get(3).data().clone();
        double[] variance = in.get(4).data().clone();
        if (op.training()) {
            double count = (double) x.data().length / channels;
            java.util.Arrays.fill(mean, 0);
            java.util.Arrays.fill(variance, 0);
            for (int i = 0; i < x.data().length; i++) {
                mean[Doubles.index(x.shape(), i)[1]] += x.data()[i] / count;
            }
            for (int i = 0; i < x.data().length; i++) {
                int c = Doubles.index(x.shape(), i)[1];
                variance[c] += Math.pow(x.data()[i] - mean[c], 2) / count;
            }
        }
        for (int i = 0; i < x.data().length; i++) {
            int c = Doubles.index(x.shape(), i)[1];
            y.data()[i] = (x.data()[i] - mean[c]) / Math.sqrt(variance[c] + op.epsilon()) * in.get(1).data()[c] + in.get(2).data()[c];
        }
        return y;
    }

    private static Doubles fakeQuant(FakeQuant op, Doubles x, Doubles alpha) {
        Doubles y = Doubles.zeros(x.shape());
        double half = Math.pow(2, op.bits() - 1);
        for (int i = 0; i < y.data().length; i++) {
            int channel = op.perChannel() ? Doubles.index(x.shape(), i)[x.shape().axis(op.axis())] : 0;
            double scale = Math.pow(2, Math.rint(alpha.data()[channel]));
            y.data()[i] = Math.clamp(op.rounding().round(x.data()[i] / scale), -half, half - 1) * scale;
        }
        return y;
    }

    private static Doubles linearQuant(LinearQuant op, Doubles x, List<Doubles> in) {
        Doubles y = Doubles.zeros(x.shape());
        for (int i = 0; i < y.data().length; i++) {
            int channel = channel(op, x, i);
            double value = x.data()[i];
            double zero = 0;
            double scale = switch (op.range()) {
                case SCALE -> in.get(1).data()[channel];
                case AMAX -> in.get(1).data()[channel] * op.factor() / op.qmax();
                case DYNAMIC -> {
                    double amax = 0;
                    for (int j = 0; j < y.data().length; j++) {
                        amax = channel(op, x, j) == channel ? Math.max(amax, Math.abs(x.data()[j])) : amax;
                    }
                    yield amax / op.qmax();
                }
                case LOG2 -> Math.pow(2, in.get(1).data()[channel]) / op.qmax();
                case LOG2_POWER -> Math.pow(2, Math.ceil(in.get(1).data()[channel] - Math.log(op.qmax()) / Math.log(2)));
                case LEARNED -> Math.max(-in.get(1).data()[0], in.get(2).data()[0]) / op.qmax();
            };
            if (op.range() == LinearQuant.Range.SCALE && in.size() > 2) {
                zero = in.get(2).data()[channel];
            }
            if (op.range() == LinearQuant.Range.LEARNED) {
                value = Math.clamp(value, in.get(1).data()[0], in.get(2).data()[0]);
            }
            y.data()[i] = scale == 0 ? 0 : (Math.clamp(Math.rint(value / scale) + zero, op.qmin(), op.qmax()) - zero) * scale;
        }
        return y;
    }

    private static int channel(LinearQuant op, Doubles x, int i) {
        return op.perChannel() ? Doubles.index(x.shape(), i)[x.shape().axis(op.axis())] : 0;
    }

    private static Doubles pool(
            Doubles x, Shape shape, Size kernel, Size stride, Pads pads, Size dilation, boolean countPadding, boolean max) {
        Doubles y = Doubles.zeros(shape);
        int[] xs = size(x);
        int[] ys = size(y);
        for (int plane = 0; plane < shape.dim(0) * shape.dim(1); plane++) {
            for (int oy = 0; oy < ys[0]; oy++) {
                for (int ox = 0; ox < ys[1]; ox++) {
                    double best = Double.NEGATIVE_INFINITY;
                    double sum = 0;
                    int count = 0;
                    for (int ky = 0; ky < kernel.h(); ky++) {
                        for (int kx = 0; kx < kernel.w(); kx++) {
                            int iy = oy * stride.h() - pads.top() + ky * dilation.h();
                            int ix = ox * stride.w() - pads.left() + kx * dilation.w();
                            boolean inside = iy >= 0 && iy < xs[0] && ix >= 0 && ix < xs[1];
                            boolean padded = iy < xs[0] + pads.bottom() && ix < xs[1] + pads.right();
                            if (inside) {
                                double v = x.data()[(plane * xs[0] + iy) * xs[1] + ix];
                                best = Math.max(best, v);
                                sum += v;
                            }
                            count += inside || countPadding && padded ? 1 : 0;
                        }
                    }
                    y.data()[(plane * ys[0] + oy) * ys[1] + ox] = max ? best : sum / count;
                }
            }
        }
        return y;
    }

    private static Doubles reduce(Doubles x, List<Integer> axes, Shape shape, char kind) {
        Doubles y = Doubles.zeros(shape);
        if (kind == 'x') {
            java.util.Arrays.fill(y.data(), Double.NEGATIVE_INFINITY);
        }
        double count = (double) x.data().length / y.data().length;
        for (int i = 0; i < x.data().length; i++) {
            int[] at = Doubles.index(x.shape(), i);
            int to = 0;
            for (int axis = 0; axis < at.length; axis++) {
                int here = axis;
                boolean reduced = axes.isEmpty() || axes.stream().anyMatch(a -> x.shape().axis(a) == here);
                to = reduced ? to : to * x.shape().dim(axis) + at[axis];
            }
            y.data()[to] = kind == 'x' ? Math.max(y.data()[to], x.data()[i]) : y.data()[to] + x.data()[i] / (kind == 'm' ? count : 1);
        }
        return y;
    }

    private static Doubles softmax(Doubles x, int axis) {
        Shape sums = x.shape().with(axis, 1);
        Doubles exp = x.map(Math::exp);
        Doubles total = Doubles.zeros(sums);
        for (int i = 0; i < exp.data().length; i++) {
            int[] at = Doubles.index(x.shape(), i);
            at[axis] = 0;
            total.set(total.get(at) + exp.data()[i], at);
        }
        return exp.zip(total, (a, b) -> a / b);
    }

    private static Doubles crossEntropy(Doubles logits, Doubles target) {
        Doubles logs = softmax(logits, 1).map(Math::log);
        double sum = 0;
        int classes = logits.shape().dim(1);
        for (int n = 0; n < logits.shape().dim(0); n++) {
            for (int c = 0; c < classes; c++) {
                double p = target.shape().rank() == 2 ? target.get(n, c) : target.data()[n] == c ? 1 : 0;
                sum -= p * logs.get(n, c);
            }
        }
        return Doubles.scalar(sum / logits.shape().dim(0));
    }
}
