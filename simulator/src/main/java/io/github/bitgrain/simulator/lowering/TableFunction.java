package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Elu;
import io.github.bitgrain.core.op.Exp;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.HardSigmoid;
import io.github.bitgrain.core.op.HardSwish;
import io.github.bitgrain.core.op.Identity;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Log;
import io.github.bitgrain.core.op.Neg;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Relu;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Sqrt;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.op.Tanh;
import io.github.bitgrain.kernels.Rounding;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** Which function a lookup table holds. */
final class TableFunction {
    private static final List<Op> KNOWN = List.of(new Swish(), new Sigmoid(), new Tanh(), new HardSwish(),
            new HardSigmoid(0.2f, 0.5f), new HardSigmoid(1f / 6, 0.5f), new Gelu(false), new Gelu(true), new Relu(), new LeakyRelu(0.01f),
            new LeakyRelu(0.1f), new Elu(1), new Exp(), new Log(), new Sqrt(), new Neg(), new Identity());

    /** Two libraries and two roundings of ties may differ by this much in an entry. */
    private static final int TOLERANCE = 1;

    private TableFunction() {}

    /**
     * The known function that gives the table, the one with the fewest entries that differ by a step; empty if none does.
     *
     * @param inputExponent exponent of what indexes the table: of 8 bits with 256 entries, else of 16
     */
    static Optional<Op> of(ChipTensor table, int inputExponent) {
        Op best = null;
        int fewest = Integer.MAX_VALUE;
        for (Op op : KNOWN) {
            int different = different(table.longs(), table, inputExponent, ActivationFunctions.of(op));
            if (different < fewest) {
                fewest = different;
                best = op;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Entries that differ by one step; the largest integer if one differs by more. */
    private static int different(long[] entries, ChipTensor table, int inputExponent, DoubleUnaryOperator function) {
        boolean bytes = entries.length == 256;
        int lowest = bytes ? Byte.MIN_VALUE : Short.MIN_VALUE;
        int step = bytes ? 1 : Math.max(1, (1 << Short.SIZE) / Math.max(1, entries.length - 1));
        int different = 0;
        for (int i = 0; i < entries.length; i++) {
            float x = Math.scalb((float) (lowest + i * step), inputExponent);
            float y = (float) function.applyAsDouble(x);
            long expected = ParameterQuantization.quantize(y, table.exponents().single(), table.type().bytes() * Byte.SIZE, Rounding.HALF_UP);
            long distance = Math.abs(expected - entries[i]);
            if (distance > TOLERANCE) {
                return Integer.MAX_VALUE;
            }
            different += distance == 0 ? 0 : 1;
        }
        return different;
    }
}
