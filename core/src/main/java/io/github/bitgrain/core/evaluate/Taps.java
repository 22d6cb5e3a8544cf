package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.op.Gather;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A linear map along one axis: element o of the result is Σ weight[t] · x[index[t]] over the taps t of o. Interpolation,
 * picking by index and mirrored borders are such maps.
 *
 * @param axis axis
 * @param firstTap first tap of each result element, and the end of the last
 * @param index input position of each tap
 * @param weight weight of each tap
 */
public record Taps(int axis, int[] firstTap, int[] index, float[] weight) {
    /** Number of result elements. */
    public int outputs() {
        return firstTap.length - 1;
    }

    /** Whether every result element copies one input element. */
    public boolean isSelection() {
        return index.length == outputs();
    }

    static Taps selection(int axis, int[] index) {
        int[] firstTap = new int[index.length + 1];
        float[] weight = new float[index.length];
        for (int i = 0; i < index.length; i++) {
            firstTap[i + 1] = i + 1;
            weight[i] = 1f;
        }
        return new Taps(axis, firstTap, index, weight);
    }

    /** The map of a Gather, whose indices count as one axis. */
    public static List<Taps> of(Gather op, Shape x) {
        int axis = x.axis(op.axis());
        int extent = x.dim(axis);
        int[] index = op.indices().stream().mapToInt(i -> i < 0 ? i + extent : i).toArray();
        return List.of(selection(axis, index));
    }

    /** The maps of a Pad that repeats input elements, one per padded axis. */
    public static List<Taps> of(Pad op, Shape x) {
        List<Taps> maps = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            int before = op.begins().get(axis);
            int after = op.ends().get(axis);
            if (before == 0 && after == 0) {
                continue;
            }
            int extent = x.dim(axis);
            int[] index = new int[extent + before + after];
            for (int o = 0; o < index.length; o++) {
                index[o] = source(op.mode(), o - before, extent);
            }
            maps.add(selection(axis, index));
        }
        return maps;
    }

    private static int source(Pad.Mode mode, int at, int extent) {
        return switch (mode) {
            case EDGE -> Math.clamp(at, 0, extent - 1);
            case WRAP -> Math.floorMod(at, extent);
            case REFLECT -> {
                int period = Math.max(2 * (extent - 1), 1);
                int folded = Math.floorMod(at, period);
                yield folded < extent ? folded : period - folded;
            }
            case CONSTANT -> throw new IllegalArgumentException("constant padding repeats nothing");
        };
    }

    /** The maps of a Resize, one per axis that changes (ONNX Resize-19, without anti-aliasing). */
    public static List<Taps> of(Resize op, Shape x, Shape y) {
        List<Taps> maps = new ArrayList<>();
        for (int axis = 0; axis < x.rank(); axis++) {
            double scale = op.scales().isEmpty() ? (double) y.dim(axis) / x.dim(axis) : op.scales().get(axis);
            if (x.dim(axis) != y.dim(axis) || scale != 1) {
                maps.add(resize(op, axis, x.dim(axis), y.dim(axis), scale));
            }
        }
        return maps;
    }

    private static Taps resize(Resize op, int axis, int in, int out, double scale) {
        int[] firstTap = new int[out + 1];
        List<Integer> index = new ArrayList<>();
        List<Float> weight = new ArrayList<>();
        for (int o = 0; o < out; o++) {
            double at = position(op.coordinates(), o, in, out, scale);
            switch (op.mode()) {
                case NEAREST -> {
                    index.add((int) Math.clamp(nearest(op.nearest(), at), 0L, in - 1L));
                    weight.add(1f);
                }
                case LINEAR -> {
                    double inside = Math.clamp(at, 0.0, in - 1.0);
                    int low = Math.min((int) inside, Math.max(in - 2, 0));
                    float part = (float) (inside - low);
                    index.add(low);
                    weight.add(1f - part);
                    if (part != 0f) {
                        index.add(low + 1);
                        weight.add(part);
                    }
                }
                case CUBIC -> {
                    int base = (int) Math.floor(at);
                    for (int t = -1; t <= 2; t++) {
                        index.add(Math.clamp(base + t, 0, in - 1));
                        weight.add((float) cubic(at - (base + t), op.cubicCoefficient()));
                    }
                }
            }
            firstTap[o + 1] = index.size();
        }
        float[] weights = new float[weight.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = weight.get(i);
        }
        return new Taps(axis, firstTap, index.stream().mapToInt(Integer::intValue).toArray(), weights);
    }

    private static double position(Resize.Coordinates coordinates, int o, int in, int out, double scale) {
        return switch (coordinates) {
            case HALF_PIXEL -> (o + 0.5) / scale - 0.5;
            case HALF_PIXEL_SYMMETRIC -> {
                // ONNX: the centre of the image stays where it is although out is scale · in rounded down.
                double adjustment = out / (scale * in);
                double offset = in / 2.0 * (1 - adjustment);
                yield offset + (o + 0.5) / scale - 0.5;
            }
            case PYTORCH_HALF_PIXEL -> out > 1 ? (o + 0.5) / scale - 0.5 : 0;
            case ALIGN_CORNERS -> out == 1 ? 0 : o * (in - 1.0) / (out - 1.0);
            case ASYMMETRIC -> o / scale;
        };
    }

    private static long nearest(Resize.Nearest nearest, double at) {
        double floor = Math.floor(at);
        return (long) switch (nearest) {
            case FLOOR -> floor;
            case CEIL -> Math.ceil(at);
            case ROUND_PREFER_FLOOR -> at - floor <= 0.5 ? floor : floor + 1;
            case ROUND_PREFER_CEIL -> at - floor < 0.5 ? floor : floor + 1;
        };
    }

    /** Keys' cubic kernel with coefficient a. */
    private static double cubic(double distance, double a) {
        double d = Math.abs(distance);
        if (d <= 1) {
            return ((a + 2) * d - (a + 3)) * d * d + 1;
        }
        return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }
}
