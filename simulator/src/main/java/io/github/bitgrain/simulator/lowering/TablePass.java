package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.Clip;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.LeakyRelu;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.core.quant.Exponents;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Gives activations their lookup tables. Runs after the parameters are quantized: bounds and slopes enter as integers. */
final class TablePass {
    private static final int BYTE_BITS = 8;
    private static final int BYTE_ENTRIES = 256;
    private static final int BYTE_LOWEST = -128;
    private static final int SHORT_LOWEST = -32768;
    private static final int SHORT_RANGE = 65536;

    private TablePass() {}

    /** The tables, in node order. */
    static List<ChipTensor> run(Draft draft) {
        List<ChipTensor> tables = new ArrayList<>();
        for (DraftNode node : draft.nodes) {
            Op op = node.isQuantized() && hasTable(draft, node) ? exactOp(node) : null;
            if (op != null) {
                String name = draft.freshTensor(node.type + "_lut_" + tables.size());
                node.attribute(ChipNode.LUT, name);
                tables.add(table(draft, node, name, ActivationFunctions.of(op)));
            }
        }
        return tables;
    }

    private static boolean hasTable(Draft draft, DraftNode node) {
        if (node.op == null || node.output().encoding.isFloat()) {
            return false;
        }
        if (node.bits == BYTE_BITS || draft.options.parity()) {
            return ChipOperators.row(node.op).traits().contains(ChipOperators.Trait.TABLE) || node.op instanceof PRelu;
        }
        // At 16 bits the chip evaluates every activation itself except Gelu.
        return node.op instanceof Gelu;
    }

    /** The operator as the chip's constants make it: bounds and slope on their grids. Null for a PRelu per channel. */
    private static Op exactOp(DraftNode node) {
        return switch (node.op) {
            case Clip any -> new Clip(real(node.constant(1)), real(node.constant(2)));
            case PRelu any -> node.constant(1).finished.count() == 1 ? new LeakyRelu(real(node.constant(1))) : null;
            default -> node.op;
        };
    }

    private static float real(DraftConstant constant) {
        return Math.scalb((float) constant.finished.longs()[0], constant.finished.exponents().single());
    }

    private static ChipTensor table(Draft draft, DraftNode node, String name, DoubleUnaryOperator function) {
        Encoding in = node.wanted(0);
        Encoding out = node.output().encoding;
        boolean bytes = node.bits == BYTE_BITS;
        int step = bytes ? 1 : draft.options.tableStep();
        int lowest = bytes ? BYTE_LOWEST : SHORT_LOWEST;
        // 16-bit tables end with the point behind the largest integer, which rounding the index can reach.
        int entries = bytes ? BYTE_ENTRIES : step == 1 ? SHORT_RANGE : SHORT_RANGE / step + 1;
        long[] values = new long[entries];
        for (int i = 0; i < entries; i++) {
            float x = Math.scalb((float) (lowest + i * step), in.exponent());
            float y = (float) function.applyAsDouble(x);
            values[i] = ParameterQuantization.quantize(y, out.exponent(), out.bits(), draft.target().rounding());
        }
        return ChipTensor.ofLongs(name, out.elementType(), List.of(entries), Exponents.of(out.exponent()), "", values);
    }
}
