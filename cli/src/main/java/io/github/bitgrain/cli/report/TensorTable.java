package io.github.bitgrain.cli.report;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The figures of tensors as a table for people. */
final class TensorTable {
    private TensorTable() {}

    /** Prints one line for each tensor, in their order. */
    static void print(List<TensorFigures> tensors, PrintWriter out) {
        int width = Math.max(6, tensors.stream().mapToInt(tensor -> tensor.name().length()).max().orElse(0));
        out.printf(Locale.ROOT, "%nvalues before they are rounded; noise ÷ signal of rounding each tensor alone; imbalance: largest ÷ median of the output channels' "
                + "largest weights%n");
        out.printf(Locale.ROOT, "%-" + width + "s  %-9s  bits  %11s  %10s  %10s  %10s  %10s  %9s  %8s  %9s%n", "tensor", "role", "exponent", "min", "max", "mean",
                "std", "clipped %", "noise %", "imbalance");
        for (TensorFigures tensor : tensors) {
            int least = tensor.exponents().getFirst();
            int most = tensor.exponents().getLast();
            out.printf(Locale.ROOT, "%-" + width + "s  %-9s  %4d  %11s  %10.4g  %10.4g  %10.4g  %10.4g  %9.3f  %8.4f%s%n", tensor.name(),
                    tensor.role().word(), tensor.bits(), least == most ? String.valueOf(least) : least + " … " + most, tensor.min(), tensor.max(),
                    tensor.mean(), tensor.std(), 100 * tensor.clippedShare(), 100 * tensor.noise(),
                    tensor.imbalance() == null ? "" : String.format(Locale.ROOT, "  %9.2f", tensor.imbalance()));
        }
    }
}
