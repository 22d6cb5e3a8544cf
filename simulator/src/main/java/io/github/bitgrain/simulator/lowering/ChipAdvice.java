package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.BatchNorm;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.CrossEntropy;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.MeanSquaredError;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Reciprocal;

/** What to do about an operator that no chip program can contain. */
final class ChipAdvice {
    private ChipAdvice() {}

    static String instead(Op op) {
        return switch (op) {
            case BatchNorm any -> "run the graph passes first: they fold it into a convolution";
            case ConvTranspose any -> "run the graph passes first: they rewrite it as InsertZeros and Conv";
            case FakeQuant any -> "lower the float graph with its plan, not the fake-quantized one";
            case CrossEntropy any -> "cut the loss off the graph";
            case MeanSquaredError any -> "cut the loss off the graph";
            case Erf any -> "write x / 2 · (1 + Erf(x / √2)) as exporters do, it becomes a Gelu";
            case Reciprocal any -> "divide by the operand instead";
            default -> "rewrite it with operators that have one, or end the graph before it and compute it in the application";
        };
    }
}
