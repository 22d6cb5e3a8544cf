package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.simulator.ChipTensor;

/**
 * An operand of a node that is known when the model is lowered: either finished (indices, shapes, tables) or a float tensor
 * that is quantized when everything else is settled.
 */
final class DraftConstant {
    /** How a constant is stored. */
    enum Role {
        /** Already as it is stored. */
        FINISHED,
        /** Weights of Conv, Gemm or MatMul: a filter layout. */
        FILTER,
        /** Bias of Conv or Gemm: accumulator scale. */
        BIAS,
        /** Operand of an elementwise operator: follows the other operand's axes. */
        ELEMENTWISE,
        /** Slope of PRelu. */
        SLOPE
    }

    final String name;
    final Role role;
    final Tensor tensor;
    final ChipTensor finished;
    /** For {@link Role#ELEMENTWISE}: the order in which the activation beside it is stored. */
    Permutation axes;

    private DraftConstant(String name, Role role, Tensor tensor, ChipTensor finished) {
        this.name = name;
        this.role = role;
        this.tensor = tensor;
        this.finished = finished;
    }

    static DraftConstant finished(ChipTensor tensor) {
        return new DraftConstant(tensor.name(), Role.FINISHED, null, tensor);
    }

    static DraftConstant of(String name, Role role, Tensor tensor) {
        return new DraftConstant(name, role, tensor, null);
    }
}
