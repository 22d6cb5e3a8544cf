package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.Flatten;
import io.github.bitgrain.core.op.Gemm;
import io.github.bitgrain.core.op.GlobalMaxPool;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.MaxPool;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Reshape;
import io.github.bitgrain.core.op.Squeeze;
import io.github.bitgrain.core.op.Transpose;
import io.github.bitgrain.core.op.Unsqueeze;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.onnx.QdqOptions.Profile;
import io.github.bitgrain.exporter.onnx.QdqOptions.Weights;
import io.github.bitgrain.exporter.onnx.proto.AttributeProto;
import io.github.bitgrain.exporter.onnx.proto.GraphProto;
import io.github.bitgrain.exporter.onnx.proto.NodeProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import io.github.bitgrain.kernels.Rounding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes quantizers as QuantizeLinear and DequantizeLinear, after the rules of a profile. */
final class QdqNodes {
    /** Scale of an activation without range: every float is rounded to zero. */
    private static final float ZERO_EVERYWHERE = 0x1p126f;

    /** Operators whose results are values of their operand, or bounds. */
    private static final Set<Class<? extends Op>> CHOOSING = Set.of(Relu.class, Clip.class, MaxPool.class, GlobalMaxPool.class, Flatten.class,
            Reshape.class, Squeeze.class, Unsqueeze.class, Transpose.class, Identity.class);

    private final Model model;
    private final Graph source;
    private final QdqOptions options;
    private final GraphProto.Builder target;
    private final Map<String, String> biases = new HashMap<>();

    QdqNodes(Model model, QdqOptions options, GraphProto.Builder target) {
        this.model = model;
        this.source = model.graph();
        this.options = options;
        this.target = target;
    }

    /** The operator set to write: what the options say, or the oldest that has all element types, checked. */
    int opset() {
        Node wide = null;
        for (Node node : source.nodes()) {
            if (!QuantizationGrid.isQuantizer(node)) {
                continue;
            }
            QuantizationGrid grid = QuantizationGrid.of(node, model.parameters());
            if (grid.storageBits() == Short.SIZE) {
                wide = node;
            }
        }
        if (wide != null && options.profile() == Profile.TENSORRT) {
            throw BitgrainException.badInput("quantizer \"" + wide.name() + "\" has 16 bits; the profile TENSORRT knows 8 bits alone: "
                    + "quantize to 8 bits or choose ORT_CPU");
        }
        if (options.opset() == 0) {
            return wide == null ? QdqOptions.USUAL_OPSET : QdqOptions.WORDS_OPSET;
        }
        if (wide != null && options.opset() < QdqOptions.WORDS_OPSET) {
            throw BitgrainException.usage("operator set " + options.opset() + ": the 16-bit quantizer \"" + wide.name() + "\" needs operator set "
                    + QdqOptions.WORDS_OPSET);
        }
        return options.opset();
    }

    /** Adds what stands for a quantizer. */
    void emit(Node node) {
        QuantizationGrid grid = QuantizationGrid.of(node, model.parameters());
        String x = node.input(0);
        if (source.isParameter(x)) {
            parameter(node, grid, model.parameters().get(x));
            return;
        }
        if (grid.storageBits() > Short.SIZE) {
            throw BitgrainException.badInput("quantizer \"" + node.name() + "\": ONNX has no activations of more than 16 bits");
        }
        QuantizationGrid written = options.profile() == Profile.ORT_CPU ? grid.unsigned() : requireZeroPointZero(node, grid);
        pair(node, limited(node, written, x), node.output(), written);
    }

    private QuantizationGrid requireZeroPointZero(Node node, QuantizationGrid grid) {
        boolean zero = true;
        for (int each : grid.zeros()) {
            zero &= each == 0;
        }
        if (!zero || !grid.isSigned()) {
            throw BitgrainException.badInput("quantizer \"" + node.name() + "\": the profile TENSORRT needs signed integers with zero point 0; "
                    + "quantize symmetrically or choose ORT_CPU");
        }
        return grid;
    }

    /** The name of x limited to the grid where the element type saturates later. */
    private String limited(Node node, QuantizationGrid grid, String x) {
        float low = grid.low();
        float high = grid.high();
        if (!grid.fillsStorage() && grid.scales().length == 1 && grid.scales()[0] > 0) {
            low = Math.max(low, grid.value(grid.qmin(), 0));
            high = Math.min(high, grid.value(grid.qmax(), 0));
        } else if (!grid.fillsStorage() && grid.scales().length > 1) {
            throw BitgrainException.badInput("quantizer \"" + node.name() + "\": activations of fewer than 8 bits need one scale");
        }
        if (low == Float.NEGATIVE_INFINITY && high == Float.POSITIVE_INFINITY) {
            return x;
        }
        String limited = node.output() + "_limited";
        target.addInitializer(OnnxWriter.floats(limited + "_low", Tensor.vector(low).reshape(Shape.of())));
        target.addInitializer(OnnxWriter.floats(limited + "_high", Tensor.vector(high).reshape(Shape.of())));
        target.addNode(NodeProto.newBuilder().setName(node.name() + "_Clip").setOpType("Clip")
                .addAllInput(List.of(x, limited + "_low", limited + "_high")).addOutput(limited));
        return limited;
    }

    private void pair(Node node, String x, String y, QuantizationGrid grid) {
        List<String> operands = operands(y, grid, source.isParameter(node.input(0)) ? 1f : ZERO_EVERYWHERE);
        String q = y + "_quantized";
        node("QuantizeLinear", y, grid, x, operands, q);
        node("DequantizeLinear", y, grid, q, operands, y);
    }

    private void node(String type, String prefix, QuantizationGrid grid, String x, List<String> operands, String y) {
        NodeProto.Builder node = NodeProto.newBuilder().setName(prefix + "_" + type).setOpType(type).addInput(x).addAllInput(operands)
                .addOutput(y);
        if (grid.axis() != QuantizationGrid.PER_TENSOR) {
            node.addAttribute(AttributeProto.newBuilder().setName("axis").setType(AttributeProto.AttributeType.INT).setI(grid.axis()));
        }
        target.addNode(node);
    }

    /** Scale and zero point, the latter typed: without it the element type would be uint8. */
    private List<String> operands(String y, QuantizationGrid grid, float withoutRange) {
        Shape shape = grid.axis() == QuantizationGrid.PER_TENSOR ? Shape.of() : Shape.of(grid.scales().length);
        target.addInitializer(OnnxWriter.floats(y + "_scale", new Tensor(shape, grid.writtenScales(withoutRange))));
        long[] zeros = new long[grid.zeros().length];
        for (int i = 0; i < zeros.length; i++) {
            zeros[i] = grid.zeros()[i];
        }
        target.addInitializer(OnnxWriter.integers(y + "_zero_point", shape, type(grid), zeros));
        return List.of(y + "_scale", y + "_zero_point");
    }

    private static DataType type(QuantizationGrid grid) {
        return switch (grid.storageBits()) {
            case Byte.SIZE -> grid.isSigned() ? DataType.INT8 : DataType.UINT8;
            case Short.SIZE -> grid.isSigned() ? DataType.INT16 : DataType.UINT16;
            default -> DataType.INT32;
        };
    }

    /** A parameter: weights as the options say, wide ones (biases) as 32-bit integers or, where none fit, as floats on the grid. */
    private void parameter(Node node, QuantizationGrid grid, Tensor tensor) {
        String y = node.output();
        long[] integers = integers(grid, tensor);
        if (grid.storageBits() > Short.SIZE) {
            if (options.profile() == Profile.TENSORRT || !fitInt(integers)) {
                target.addInitializer(OnnxWriter.floats(y, values(grid, tensor, integers)));
            } else {
                bias(y, tensor.shape(), grid.scales(), integers);
            }
            return;
        }
        if (options.weights() == Weights.FLOAT_QDQ) {
            // Floats that ONNX's rounding would not bring to these integers are stored on the grid.
            boolean exact = grid.rounding() == Rounding.HALF_EVEN && grid.fillsStorage();
            String x = y + "_float";
            target.addInitializer(OnnxWriter.floats(x, exact ? tensor : values(grid, tensor, integers)));
            pair(node, x, y, grid);
            return;
        }
        String q = y + "_quantized";
        target.addInitializer(OnnxWriter.integers(q, tensor.shape(), type(grid), integers));
        node("DequantizeLinear", y, grid, q, operands(y, grid, 1f), y);
    }

    private static int channel(QuantizationGrid grid, Shape shape, int index) {
        if (grid.scales().length == 1) {
            return 0;
        }
        int axis = shape.axis(grid.axis());
        return index / shape.size(axis + 1, shape.rank()) % shape.dim(axis);
    }

    private static long[] integers(QuantizationGrid grid, Tensor tensor) {
        long[] integers = new long[tensor.size()];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = grid.integer(tensor.data()[i], channel(grid, tensor.shape(), i));
        }
        return integers;
    }

    private static Tensor values(QuantizationGrid grid, Tensor tensor, long[] integers) {
        float[] values = new float[integers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = grid.value(integers[i], channel(grid, tensor.shape(), i));
        }
        return new Tensor(tensor.shape(), values);
    }

    private static boolean fitInt(long[] integers) {
        for (long integer : integers) {
            if (integer != (int) integer) {
                return false;
            }
        }
        return true;
    }

    private void bias(String y, Shape shape, float[] scales, long[] integers) {
        boolean perChannel = scales.length > 1;
        target.addInitializer(OnnxWriter.integers(y + "_quantized", shape, DataType.INT32, integers));
        target.addInitializer(OnnxWriter.floats(y + "_scale", new Tensor(perChannel ? Shape.of(scales.length) : Shape.of(), scales)));
        NodeProto.Builder node = NodeProto.newBuilder().setName(y + "_DequantizeLinear").setOpType("DequantizeLinear")
                .addInput(y + "_quantized").addInput(y + "_scale").addOutput(y);
        if (perChannel) {
            node.addAttribute(AttributeProto.newBuilder().setName("axis").setType(AttributeProto.AttributeType.INT).setI(0));
        }
        target.addNode(node);
    }

    /** The operands to write for a node: in the profile ORT_CPU a float bias becomes integers of scale input × weight. */
    List<String> operands(Node node) {
        List<String> operands = new ArrayList<>(node.inputs());
        boolean product = node.op() instanceof Conv || node.op() instanceof ConvTranspose || node.op() instanceof Gemm;
        if (options.profile() == Profile.ORT_CPU && product && node.hasInput(2) && source.isParameter(node.input(2))) {
            Node x = source.producer(node.input(0));
            Node w = source.producer(node.input(1));
            if (x != null && w != null && QuantizationGrid.isQuantizer(x) && QuantizationGrid.isQuantizer(w)) {
                String bias = integerBias(node, QuantizationGrid.of(x, model.parameters()), QuantizationGrid.of(w, model.parameters()));
                operands.set(2, bias);
            }
        }
        return operands;
    }

    private String integerBias(Node node, QuantizationGrid x, QuantizationGrid w) {
        Tensor bias = model.parameters().get(node.input(2));
        float[] scales = new float[w.scales().length];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = x.writtenScales(1f)[0] * w.writtenScales(1f)[i];
        }
        // Few bits have large steps, and no runtime fuses them: a bias on the product's grid would cost accuracy for nothing.
        boolean coarse = x.qmax() < Byte.MAX_VALUE || w.qmax() < Byte.MAX_VALUE;
        if (coarse || x.scales().length > 1 || scales.length > 1 && bias.size() != scales.length) {
            return node.input(2);
        }
        QuantizationGrid grid = new QuantizationGrid(scales, new int[scales.length], Integer.MIN_VALUE, Integer.MAX_VALUE,
                scales.length > 1 ? 0 : QuantizationGrid.PER_TENSOR, Rounding.HALF_EVEN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
        return biases.computeIfAbsent(node.name(), key -> {
            String y = node.name() + "_bias";
            bias(y, bias.shape(), scales, integers(grid, bias));
            return y;
        });
    }

    /**
     * Profile ORT_CPU: whether a result is quantized once more, with the grid of the quantizer behind its activation function, pool or
     * change of shape. Rounding and limiting commute with choosing values and with limiting by numbers of the grid, so that the values
     * stay, and the operator in front becomes an integer operator.
     *
     * @return the grid, or null
     */
    QuantizationGrid early(Node node) {
        boolean product = node.op() instanceof Conv || node.op() instanceof ConvTranspose || node.op() instanceof Gemm;
        if (options.profile() != Profile.ORT_CPU || !product) {
            return null;
        }
        List<Clip> clips = new ArrayList<>();
        Node at = node;
        while (true) {
            if (source.consumers(at.output()).size() != 1 || source.isOutput(at.output())) {
                return null;
            }
            Node reader = source.consumers(at.output()).getFirst();
            if (QuantizationGrid.isQuantizer(reader)) {
                QuantizationGrid grid = QuantizationGrid.of(reader, model.parameters());
                boolean keepsValues = at != node && grid.isSigned() && grid.scales().length == 1 && grid.fillsStorage() && grid.scales()[0] > 0
                        && clips.stream().allMatch(clip -> onGrid(clip.min(), grid) && onGrid(clip.max(), grid));
                return keepsValues ? grid.unsigned() : null;
            }
            if (!CHOOSING.contains(reader.op().getClass())) {
                return null;
            }
            if (reader.op() instanceof Clip clip) {
                clips.add(clip);
            }
            at = reader;
        }
    }

    private static boolean onGrid(float bound, QuantizationGrid grid) {
        return Float.isInfinite(bound) || grid.value(grid.integer(bound, 0), 0) == bound;
    }

    /** Adds the pair of {@link #early}. */
    void early(String x, String y, QuantizationGrid grid) {
        List<String> operands = operands(y, grid, ZERO_EVERYWHERE);
        node("QuantizeLinear", y, grid, x, operands, y + "_quantized");
        node("DequantizeLinear", y, grid, y + "_quantized", operands, y);
    }
}
