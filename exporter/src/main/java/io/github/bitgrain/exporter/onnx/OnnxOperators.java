package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.op.Abs;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Concat;
import io.github.bitgrain.core.op.DepthToSpace;
import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Expand;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Floor;
import io.github.bitgrain.core.op.GatherElements;
import io.github.bitgrain.core.op.GatherNd;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalAveragePool;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LayerNorm;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.MatMul;
import io.github.bitgrain.core.op.Max;
import io.github.bitgrain.core.op.Min;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Reciprocal;
import io.github.bitgrain.core.op.ReduceMax;
import io.github.bitgrain.core.op.ReduceMean;
import io.github.bitgrain.core.op.ReduceMin;
import io.github.bitgrain.core.op.ReduceSum;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Resize;
import io.github.bitgrain.core.op.RmsNorm;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Slice;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.op.SpaceToDepth;
import io.github.bitgrain.core.op.Split;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Sub;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.core.op.Tile;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The one table of ONNX operators: type → record of {@code core.op}, for all operator sets that are read. */
final class OnnxOperators {
    private static final Map<String, Function<OnnxNode, Op>> TABLE = new TreeMap<>();

    static {
        TABLE.put("Abs", node -> new Abs());
        TABLE.put("Add", node -> new Add());
        TABLE.put("ArgMax", OnnxIndices::argMax);
        TABLE.put("AveragePool", OnnxWindows::averagePool);
        TABLE.put("BatchNormalization", OnnxOperators::batchNorm);
        TABLE.put("Cast", OnnxIndices::cast);
        TABLE.put("Clip", OnnxOperators::clip);
        TABLE.put("Concat", node -> new Concat(node.axis("axis", 1)));
        TABLE.put("Conv", OnnxWindows::conv);
        TABLE.put("ConvTranspose", OnnxWindows::convTranspose);
        TABLE.put("DepthToSpace", OnnxOperators::depthToSpace);
        TABLE.put("Div", OnnxIndices::div);
        TABLE.put("Dropout", OnnxOperators::dropout);
        TABLE.put("Elu", node -> new Elu(node.real("alpha", 1f)));
        TABLE.put("Erf", node -> new Erf());
        TABLE.put("Exp", node -> new Exp());
        TABLE.put("Expand", node -> new Expand(node.integers(1, "shape", List.of())));
        TABLE.put("Flatten", node -> new Flatten(node.axis("axis", 1)));
        TABLE.put("Floor", node -> new Floor());
        TABLE.put("Gather", OnnxIndices::gather);
        TABLE.put("GatherElements", node -> new GatherElements(node.axis("axis", 0)));
        TABLE.put("GatherND", node -> new GatherNd(node.axis("batch_dims", 0)));
        TABLE.put("Gelu", node -> new Gelu(node.text("approximate", "none").equals("tanh")));
        TABLE.put("GRU", OnnxRecurrent::gru);
        TABLE.put("Gemm", OnnxOperators::gemm);
        TABLE.put("GlobalAveragePool", node -> new GlobalAveragePool());
        TABLE.put("GlobalMaxPool", node -> new GlobalMaxPool());
        TABLE.put("HardSigmoid", node -> new HardSigmoid(node.real("alpha", 0.2f), node.real("beta", 0.5f)));
        TABLE.put("HardSwish", node -> new HardSwish());
        TABLE.put("Identity", node -> new Identity());
        TABLE.put("LSTM", OnnxRecurrent::lstm);
        TABLE.put("LayerNormalization", OnnxOperators::layerNorm);
        TABLE.put("LeakyRelu", node -> new LeakyRelu(node.real("alpha", 0.01f)));
        TABLE.put("Log", node -> new Log());
        TABLE.put("LogSoftmax", node -> new LogSoftmax(softmaxAxis(node)));
        TABLE.put("MatMul", node -> new MatMul());
        TABLE.put("Max", node -> new Max());
        TABLE.put("MaxPool", OnnxWindows::maxPool);
        TABLE.put("Min", node -> new Min());
        TABLE.put("Mod", OnnxIndices::mod);
        TABLE.put("Mul", node -> new Mul());
        TABLE.put("Neg", node -> new Neg());
        TABLE.put("PRelu", node -> new PRelu());
        TABLE.put("Pad", OnnxOperators::pad);
        TABLE.put("RMSNormalization", OnnxOperators::rmsNorm);
        TABLE.put("Reciprocal", node -> new Reciprocal());
        TABLE.put("ReduceMax", node -> new ReduceMax(axes(node), node.flag("keepdims", true)));
        TABLE.put("ReduceMean", node -> new ReduceMean(axes(node), node.flag("keepdims", true)));
        TABLE.put("ReduceMin", node -> new ReduceMin(axes(node), node.flag("keepdims", true)));
        TABLE.put("ReduceSum", node -> new ReduceSum(axes(node), node.flag("keepdims", true)));
        TABLE.put("Relu", node -> new Relu());
        TABLE.put("Reshape", node -> new Reshape(node.integers(1, "shape", List.of()), node.flag("allowzero", false)));
        TABLE.put("Resize", OnnxOperators::resize);
        TABLE.put("Sigmoid", node -> new Sigmoid());
        TABLE.put("Slice", OnnxOperators::slice);
        TABLE.put("Softmax", node -> new Softmax(softmaxAxis(node)));
        TABLE.put("SpaceToDepth", node -> new SpaceToDepth(node.axis("blocksize", 1), false));
        TABLE.put("Split", OnnxOperators::split);
        TABLE.put("Sqrt", node -> new Sqrt());
        TABLE.put("Squeeze", node -> new Squeeze(ints(node.integers(1, "axes", List.of()))));
        TABLE.put("Sub", node -> new Sub());
        TABLE.put("Swish", node -> new Swish());
        TABLE.put("Tanh", node -> new Tanh());
        TABLE.put("Tile", node -> new Tile(node.integers(1, "repeats", List.of())));
        TABLE.put("TopK", OnnxIndices::topK);
        TABLE.put("Transpose", OnnxOperators::transpose);
        TABLE.put("Unsqueeze", node -> new Unsqueeze(ints(node.integers(1, "axes", List.of()))));
        TABLE.put("Upsample", OnnxOperators::upsample);
    }

    private OnnxOperators() {}

    /** All operator types that can be read. */
    static Set<String> types() {
        return TABLE.keySet();
    }

    /** The operator of a node; every attribute has been understood or refused. */
    static Op convert(OnnxNode node) {
        Function<OnnxNode, Op> conversion = TABLE.get(node.type());
        if (conversion == null) {
            throw node.fail(node.type().equals("NonMaxSuppression")
                    ? "how many boxes are left is known at run time only; export the network without it (nms=False) and let the application suppress them"
                    : "operator is not supported; rewrite it with supported ones (docs/onnx.md lists them)");
        }
        Op op;
        try {
            op = conversion.apply(node);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw node.fail(e.getMessage());
        }
        node.requireAllRead();
        return op;
    }

    private static List<Integer> ints(List<Long> values) {
        return values.stream().map(Math::toIntExact).toList();
    }

    private static Op depthToSpace(OnnxNode node) {
        String mode = node.text("mode", "DCR");
        if (!mode.equals("DCR") && !mode.equals("CRD")) {
            throw node.fail("attribute mode = " + mode + " is unknown");
        }
        return new DepthToSpace(node.axis("blocksize", 1), mode.equals("CRD"));
    }

    private static Op layerNorm(OnnxNode node) {
        node.ignore("stash_type");
        if (node.outputCount() > 1) {
            throw node.fail("the outputs Mean and InvStdDev are not supported");
        }
        return new LayerNorm(node.axis("axis", -1), node.real("epsilon", 1e-5f));
    }

    private static Op rmsNorm(OnnxNode node) {
        node.ignore("stash_type");
        return new RmsNorm(node.axis("axis", -1), node.real("epsilon", 1e-5f));
    }

    private static Op batchNorm(OnnxNode node) {
        node.require("training_mode", 0, "export the model in evaluation mode");
        node.require("spatial", 1, "per-activation statistics");
        node.ignore("is_test", "consumed_inputs");
        return new BatchNorm(node.real("epsilon", 1e-5f), node.real("momentum", 0.9f), false);
    }

    private static Op clip(OnnxNode node) {
        float min = node.real("min", Float.NEGATIVE_INFINITY);
        float max = node.real("max", Float.POSITIVE_INFINITY);
        return new Clip(node.hasInput(1) ? scalar(node, 1, "min") : min, node.hasInput(2) ? scalar(node, 2, "max") : max);
    }

    private static float scalar(OnnxNode node, int input, String role) {
        OnnxConstant constant = node.requireConstant(input, role);
        if (constant.size() != 1) {
            throw node.fail(role + " must be one number");
        }
        return (float) constant.real(0);
    }

    private static Op dropout(OnnxNode node) {
        node.ignore("ratio", "seed", "is_test");
        if (node.outputCount() > 1) {
            throw node.fail("its mask is read, which nothing computes outside of training; export the model in evaluation mode");
        }
        return new Identity();
    }

    private static Op gemm(OnnxNode node) {
        node.ignore("broadcast");
        return new Gemm(node.real("alpha", 1f), node.real("beta", 1f), node.flag("transA", false), node.flag("transB", false));
    }

    /** Before operator set 13 Softmax flattened all axes from {@code axis} on. */
    private static int softmaxAxis(OnnxNode node) {
        if (node.opset() >= 13) {
            return node.axis("axis", -1);
        }
        int rank = node.shape(0).rank();
        int axis = node.shape(0).axis(node.axis("axis", 1));
        int inner = node.shape(0).size(axis, rank);
        for (int i = axis; i < rank; i++) {
            if (node.shape(0).dim(i) == inner) {
                return i;
            }
        }
        throw node.fail("axis " + axis + " of " + node.shape(0) + " in operator set " + node.opset()
                + " normalizes several axes together; export with operator set 13 or later");
    }

    /** The axes of a reduction; all of them if it names none. */
    static List<Integer> axes(OnnxNode node) {
        List<Integer> axes = ints(node.integers(1, "axes", List.of()));
        boolean nothing = node.flag("noop_with_empty_axes", false);
        if (axes.isEmpty() && nothing) {
            throw node.fail("reduces nothing; remove the node");
        }
        int rank = node.shape(0).rank();
        return axes.isEmpty() ? IntStream.range(0, rank).boxed().toList() : axes;
    }

    private static Op pad(OnnxNode node) {
        List<Long> pads = node.integers(1, "pads", List.of());
        float value = node.hasInput(2) ? scalar(node, 2, "constant_value") : node.real("value", 0f);
        int rank = node.shape(0).rank();
        int[] begins = new int[rank];
        int[] ends = new int[rank];
        List<Integer> axes = node.hasInput(3)
                ? ints(node.integers(3, "axes", List.of()))
                : IntStream.range(0, rank).boxed().toList();
        if (pads.size() != 2 * axes.size()) {
            throw node.fail(pads.size() + " pads for " + axes.size() + " axes");
        }
        for (int i = 0; i < axes.size(); i++) {
            int axis = node.shape(0).axis(axes.get(i));
            begins[axis] = Math.toIntExact(pads.get(i));
            ends[axis] = Math.toIntExact(pads.get(i + axes.size()));
        }
        Pad.Mode mode = enumValue(node, Pad.Mode.class, node.text("mode", "constant"), "mode");
        return new Pad(mode, IntStream.of(begins).boxed().toList(), IntStream.of(ends).boxed().toList(), value);
    }

    private static <E extends Enum<E>> E enumValue(OnnxNode node, Class<E> type, String text, String attribute) {
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw node.fail("attribute " + attribute + " = " + text + " is not supported");
        }
    }

    private static Op resize(OnnxNode node) {
        boolean old = node.opset() < 11;
        int scalesInput = old ? 1 : 2;
        node.ignore("extrapolation_value");
        node.require("exclude_outside", 0, "weights outside the image");
        node.require("antialias", 0, "no antialiasing on the chip");
        if (node.has("axes")) {
            throw node.fail("attribute axes is not supported; export with scales or sizes for all axes");
        }
        if (!node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
            throw node.fail("attribute keep_aspect_ratio_policy is not supported; give sizes");
        }
        String coordinates = node.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
        if (coordinates.equals("tf_crop_and_resize")) {
            throw node.fail("coordinate_transformation_mode tf_crop_and_resize is not supported; crop with Slice");
        }
        String nearest = node.text("nearest_mode", old ? "floor" : "round_prefer_floor");
        List<Float> scales = new ArrayList<>();
        boolean hasScales = node.hasInput(scalesInput) && node.requireConstant(scalesInput, "scales").size() > 0;
        if (hasScales) {
            OnnxConstant constant = node.requireConstant(scalesInput, "scales");
            for (int i = 0; i < constant.size(); i++) {
                scales.add((float) constant.real(i));
            }
        }
        List<Long> sizes = hasScales ? List.of() : node.integers(3, "sizes", List.of());
        return new Resize(enumValue(node, Resize.Mode.class, node.text("mode", "nearest"), "mode"),
                enumValue(node, Resize.Coordinates.class, coordinates, "coordinate_transformation_mode"),
                enumValue(node, Resize.Nearest.class, nearest, "nearest_mode"),
                node.real("cubic_coeff_a", -0.75f), scales, sizes);
    }

    /** Upsample of operator sets 7 to 9. */
    private static Op upsample(OnnxNode node) {
        List<Float> scales = new ArrayList<>();
        if (node.hasInput(1)) {
            OnnxConstant constant = node.requireConstant(1, "scales");
            for (int i = 0; i < constant.size(); i++) {
                scales.add((float) constant.real(i));
            }
        } else if (node.attribute("scales") != null) {
            scales.addAll(node.attribute("scales").getFloatsList());
        }
        return new Resize(enumValue(node, Resize.Mode.class, node.text("mode", "nearest"), "mode"),
                Resize.Coordinates.ASYMMETRIC, Resize.Nearest.FLOOR, -0.75f, scales, List.of());
    }

    private static Op slice(OnnxNode node) {
        List<Long> starts = node.integers(1, "starts", List.of());
        List<Long> ends = node.integers(2, "ends", List.of());
        List<Integer> axes = ints(node.integers(3, "axes", IntStream.range(0, starts.size()).asLongStream().boxed().toList()));
        List<Long> steps = node.hasInput(4) ? node.integers(4, "steps", List.of()) : starts.stream().map(start -> 1L).toList();
        if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size() || steps.contains(0L)) {
            throw node.fail("starts, ends, axes and steps do not fit together");
        }
        return new Slice(axes, starts, ends, steps);
    }

    private static Op split(OnnxNode node) {
        int axis = node.axis("axis", 0);
        List<Integer> sizes = ints(node.integers(1, "split", List.of()));
        int parts = node.axis("num_outputs", node.outputCount());
        if (sizes.isEmpty()) {
            int extent = node.shape(0).dim(axis);
            int each = (extent + parts - 1) / parts;
            List<Integer> equal = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                equal.add(Math.max(0, Math.min(each, extent - i * each)));
            }
            sizes = equal;
        }
        if (sizes.size() != node.outputCount()) {
            throw node.fail(sizes.size() + " parts for " + node.outputCount() + " outputs");
        }
        return new Split(axis, sizes);
    }

    private static Op transpose(OnnxNode node) {
        int rank = node.shape(0).rank();
        List<Long> reversed = IntStream.range(0, rank).mapToObj(i -> (long) (rank - 1 - i)).toList();
        return new Transpose(ints(node.integers("perm", reversed)));
    }
}
