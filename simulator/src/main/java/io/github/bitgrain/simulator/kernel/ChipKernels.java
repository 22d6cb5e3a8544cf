package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The one table of chip operators: type → kernel, and what shows that the kernel is the chip's. */
public final class ChipKernels {
    /** How it is known that a kernel computes what the chip computes. */
    public enum Evidence {
        /** Single-operator cases that ESP-DL's own kernels computed; all targets, 8 and 16 bits. */
        GOLDEN,
        /** Values computed by hand from the formula in ESP-DL's sources. */
        FORMULA
    }

    private record Row(ChipKernel.Factory kernel, Evidence evidence) {}

    private static final Map<String, Row> TABLE = new TreeMap<>();

    /** Operators that have kernels in ESP-DL but that its loader does not register; a file with one does not load. */
    private static final Set<String> NOT_LOADABLE = Set.of("Max", "Min");

    static {
        golden("Conv", Convolution::new);
        golden("Gemm", Convolution::new);
        formula("MatMul", MatrixProduct::matMul);
        golden("Add", Elementwise::add);
        golden("Sub", Elementwise::subtract);
        golden("Mul", Elementwise::multiply);
        golden("Div", Elementwise::divide);
        golden("Pow", Elementwise::power);
        golden("Mod", Elementwise::modulo);
        golden("Neg", Activation.of(Elementwise::negate));
        golden("Max", Elementwise::maximum);
        golden("Min", Elementwise::minimum);
        golden("Greater", Elementwise::greater);
        golden("GreaterOrEqual", Elementwise::greaterOrEqual);
        golden("Less", Elementwise::less);
        golden("LessOrEqual", Elementwise::lessOrEqual);
        golden("Equal", Elementwise::equal);
        golden("AveragePool", Pooling::average);
        golden("GlobalAveragePool", Pooling::globalAverage);
        golden("MaxPool", Pooling::max);
        golden("Relu", Activation.of(Activation::relu));
        golden("LeakyRelu", Activation.of(Activation::leakyRelu));
        golden("PRelu", Activation.of(Activation::prelu));
        golden("Clip", Activation.of(Activation::clip));
        golden("Sigmoid", Activation.of(Activation::sigmoid));
        golden("Tanh", Activation.of(Activation::tanh));
        golden("HardSigmoid", Activation.of(Activation::hardSigmoid));
        golden("HardSwish", Activation.of(Activation::hardSwish));
        golden("Swish", Activation.of(Activation::swish));
        golden("Elu", Activation.of(Activation::elu));
        golden("Exp", Activation.of(Activation::exp));
        golden("Log", Activation.of(Activation::log));
        golden("Sqrt", Activation.of(Activation::sqrt));
        formula("Gelu", Activation::tableOnly);
        golden("LUT", Activation::tableOnly);
        golden("Softmax", SoftmaxKernel::softmax);
        golden("LogSoftmax", SoftmaxKernel::logSoftmax);
        golden("QuantizeLinear", Conversion::convert);
        golden("DequantizeLinear", Conversion::convert);
        golden("RequantizeLinear", Conversion::convert);
        golden("Resize", Resizing::resize);
        golden("ReduceMean", Reduction::mean);
        golden("ReduceSum", Reduction::sum);
        golden("ReduceL1", Reduction::absoluteSum);
        golden("ReduceL2", Reduction::norm);
        golden("ReduceSumSquare", Reduction::sumOfSquares);
        golden("ReduceMax", Reduction::maximum);
        golden("ReduceMin", Reduction::minimum);
        golden("ReduceProd", Reduction::product);
        golden("ReduceLogSum", Reduction::logSum);
        golden("ReduceLogSumExp", Reduction::logSumExp);
        golden("LayerNormalization", Normalization::layer);
        golden("RMSNormalization", Normalization::rootMeanSquare);
        golden("LpNormalization", Normalization::lp);
        golden("GRU", Recurrent::gru);
        golden("LSTM", Recurrent::lstm);
        golden("Concat", Movement::concat);
        formula("Split", Movement::split);
        formula("Slice", Movement::slice);
        formula("Pad", Padding::pad);
        formula("Transpose", Movement::transpose);
        formula("Reshape", Movement::reshape);
        formula("Flatten", Movement::flatten);
        formula("Squeeze", Movement::squeeze);
        formula("Unsqueeze", Movement::unsqueeze);
        formula("Gather", Indexing::gather);
        formula("ScatterND", Indexing::scatterNd);
        formula("ReverseSequence", Indexing::reverseSequence);
        formula("StreamingCache", StreamingCache::new);
        formula("Identity", Movement::copy);
        formula("InsertZeros", Movement::insertZeros);
        formula("DepthToSpace", Movement::depthToSpace);
        formula("SpaceToDepth", Movement::spaceToDepth);
    }

    private ChipKernels() {}

    /** Types of all operators that can be simulated. */
    public static Set<String> types() {
        return TABLE.keySet();
    }

    private static void golden(String type, ChipKernel.Factory kernel) {
        TABLE.put(type, new Row(kernel, Evidence.GOLDEN));
    }

    private static void formula(String type, ChipKernel.Factory kernel) {
        TABLE.put(type, new Row(kernel, Evidence.FORMULA));
    }

    /** What shows that an operator of {@link #types} is computed as on the chip. */
    public static Evidence evidence(String opType) {
        return TABLE.get(opType).evidence;
    }

    /** Operators that have kernels but are unknown to ESP-DL's loader. */
    static Set<String> notLoadable() {
        return NOT_LOADABLE;
    }

    /** Whether ESP-DL's loader knows the operator; if not, a file that has it does not load on a chip. */
    public static boolean isLoadable(String opType) {
        return TABLE.containsKey(opType) && !NOT_LOADABLE.contains(opType);
    }

    /** The kernel of a node. */
    public static ChipKernel prepare(ChipNode node, ChipProgram program, Target target) {
        NodeSetup setup = new NodeSetup(node, program, target);
        Row row = TABLE.get(node.opType());
        if (row == null) {
            throw setup.fail("ESP-DL's loader knows no such operator; the file does not load on a chip");
        }
        return row.kernel.prepare(setup);
    }
}
