package io.github.bitgrain.simulator.kernel;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The one table of chip operators: type → kernel. */
public final class ChipKernels {
    private static final Map<String, ChipKernel.Factory> TABLE = new TreeMap<>();

    /** Operators that have kernels in ESP-DL but that its loader does not register; a file with one does not load. */
    private static final Set<String> NOT_LOADABLE = Set.of("Max", "Min");

    static {
        TABLE.put("Conv", Convolution::new);
        TABLE.put("Gemm", Convolution::new);
        TABLE.put("MatMul", MatrixProduct::matMul);
        TABLE.put("Add", Elementwise::add);
        TABLE.put("Sub", Elementwise::subtract);
        TABLE.put("Mul", Elementwise::multiply);
        TABLE.put("Div", Elementwise::divide);
        TABLE.put("Pow", Elementwise::power);
        TABLE.put("Mod", Elementwise::modulo);
        TABLE.put("Neg", Activation.of(Elementwise::negate));
        TABLE.put("Max", Elementwise::maximum);
        TABLE.put("Min", Elementwise::minimum);
        TABLE.put("Greater", Elementwise::greater);
        TABLE.put("GreaterOrEqual", Elementwise::greaterOrEqual);
        TABLE.put("Less", Elementwise::less);
        TABLE.put("LessOrEqual", Elementwise::lessOrEqual);
        TABLE.put("Equal", Elementwise::equal);
        TABLE.put("AveragePool", Pooling::average);
        TABLE.put("GlobalAveragePool", Pooling::globalAverage);
        TABLE.put("MaxPool", Pooling::max);
        TABLE.put("Relu", Activation.of(Activation::relu));
        TABLE.put("LeakyRelu", Activation.of(Activation::leakyRelu));
        TABLE.put("PRelu", Activation.of(Activation::prelu));
        TABLE.put("Clip", Activation.of(Activation::clip));
        TABLE.put("Sigmoid", Activation.of(Activation::sigmoid));
        TABLE.put("Tanh", Activation.of(Activation::tanh));
        TABLE.put("HardSigmoid", Activation.of(Activation::hardSigmoid));
        TABLE.put("HardSwish", Activation.of(Activation::hardSwish));
        TABLE.put("Swish", Activation.of(Activation::swish));
        TABLE.put("Elu", Activation.of(Activation::elu));
        TABLE.put("Exp", Activation.of(Activation::exp));
        TABLE.put("Log", Activation.of(Activation::log));
        TABLE.put("Sqrt", Activation.of(Activation::sqrt));
        TABLE.put("Gelu", Activation::tableOnly);
        TABLE.put("LUT", Activation::tableOnly);
        TABLE.put("Softmax", SoftmaxKernel::softmax);
        TABLE.put("LogSoftmax", SoftmaxKernel::logSoftmax);
        TABLE.put("QuantizeLinear", Conversion::convert);
        TABLE.put("DequantizeLinear", Conversion::convert);
        TABLE.put("RequantizeLinear", Conversion::convert);
        TABLE.put("Resize", Resizing::resize);
        TABLE.put("ReduceMean", Reduction::mean);
        TABLE.put("ReduceSum", Reduction::sum);
        TABLE.put("ReduceL1", Reduction::absoluteSum);
        TABLE.put("ReduceL2", Reduction::norm);
        TABLE.put("ReduceSumSquare", Reduction::sumOfSquares);
        TABLE.put("ReduceMax", Reduction::maximum);
        TABLE.put("ReduceMin", Reduction::minimum);
        TABLE.put("ReduceProd", Reduction::product);
        TABLE.put("ReduceLogSum", Reduction::logSum);
        TABLE.put("ReduceLogSumExp", Reduction::logSumExp);
        TABLE.put("LayerNormalization", Normalization::layer);
        TABLE.put("RMSNormalization", Normalization::rootMeanSquare);
        TABLE.put("LpNormalization", Normalization::lp);
        TABLE.put("GRU", Recurrent::gru);
        TABLE.put("LSTM", Recurrent::lstm);
        TABLE.put("Concat", Movement::concat);
        TABLE.put("Split", Movement::split);
        TABLE.put("Slice", Movement::slice);
        TABLE.put("Pad", Movement::pad);
        TABLE.put("Transpose", Movement::transpose);
        TABLE.put("Reshape", Movement::reshape);
        TABLE.put("Flatten", Movement::flatten);
        TABLE.put("Squeeze", Movement::squeeze);
        TABLE.put("Unsqueeze", Movement::unsqueeze);
        TABLE.put("Gather", Movement::gatherAxis);
        TABLE.put("Identity", Movement::copy);
        TABLE.put("InsertZeros", Movement::insertZeros);
        TABLE.put("DepthToSpace", Movement::depthToSpace);
        TABLE.put("SpaceToDepth", Movement::spaceToDepth);
    }

    private ChipKernels() {}

    /** Types of all operators that can be simulated. */
    public static Set<String> types() {
        return TABLE.keySet();
    }

    /** Whether ESP-DL's loader knows the operator; if not, a file that has it does not load on a chip. */
    public static boolean isLoadable(String opType) {
        return TABLE.containsKey(opType) && !NOT_LOADABLE.contains(opType);
    }

    /** The kernel of a node. */
    public static ChipKernel prepare(ChipNode node, ChipProgram program, Target target) {
        NodeSetup setup = new NodeSetup(node, program, target);
        ChipKernel.Factory factory = TABLE.get(node.opType());
        if (factory == null) {
            throw setup.fail("the simulator has no kernel for this operator");
        }
        return factory.prepare(setup);
    }
}
