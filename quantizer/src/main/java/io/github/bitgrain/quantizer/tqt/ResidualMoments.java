package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.kernels.FloatKernels;
import io.github.bitgrain.kernels.Kernels;

/**
 * Second moments of the columns of a layer ({@link LayerColumns}) and of what its results lack: the difference of wanted results and those of given weights
 * without a bias. Moments of few samples are chance in part. How much is told by how far those of independent parts of the data differ; by so much what is
 * measured between different columns is taken back (Schäfer and Strimmer, A shrinkage approach to large-scale covariance matrix estimation, 2005).
 */
final class ResidualMoments {
    private static final int CHUNK = 256;

    private final LayerColumns layer;
    private final FloatKernels kernels = Kernels.floats();
    private final Part[] parts;
    private final int first;
    private final int perColumn;
    private final int perResult;
    private final float[] negated;
    private final float[] operands;
    private final float[] residuals;
    private final float[] products;
    private final double[] operandMeans;
    private final double[] residualMeans;
    private float[] operandOrigin;
    private float[] residualOrigin;
    private int filled;
    private long inSection;
    private long count;
    private int sections;

    /** Moments of one group. */
    private static final class Part {
        final Moments columns;
        final Moments residuals;

        Part(int rows, int columns) {
            this.columns = new Moments(columns, columns, true);
            this.residuals = new Moments(rows, columns, false);
        }
    }

    /** Sums of products, and how much they differ between sections. */
    private static final class Moments {
        final int columns;
        final boolean symmetric;
        final double[] sums;
        final double[] section;
        double squares;

        Moments(int rows, int columns, boolean symmetric) {
            this.columns = columns;
            this.symmetric = symmetric;
            this.sums = new double[rows * columns];
            this.section = new double[rows * columns];
        }

        void add(float[] products) {
            for (int i = 0; i < section.length; i++) {
                section[i] += products[i];
            }
        }

        void endSection(long positions) {
            for (int row = 0, i = 0; i < section.length; row++) {
                for (int column = 0; column < columns; column++, i++) {
                    squares += isCertain(row, column) ? 0 : section[i] * section[i] / positions;
                    sums[i] += section[i];
                    section[i] = 0;
                }
            }
        }

        /** The diagonal is what the rest is taken back to. */
        private boolean isCertain(int row, int column) {
            return symmetric && row == column;
        }

        /** What is no chance of moments whose squares sum up to {@code signal}, by the mean of what they sum up to in single sections. */
        private static double kept(double signal, double ofSections, int sections) {
            if (sections < 2 || signal == 0) {
                return 0;
            }
            double chance = Math.max(0, ofSections - signal) / (sections - 1);
            return 1 - Math.min(1, chance / signal);
        }

        /** Divides the sums, less the means, and takes back what is chance. */
        void finish(long positions, int sections, double[] rowMeans, int firstRow, double[] columnMeans, int firstColumn) {
            double signal = 0;
            for (int row = 0, i = 0; i < sums.length; row++) {
                for (int column = 0; column < columns; column++, i++) {
                    sums[i] /= positions;
                    signal += isCertain(row, column) ? 0 : sums[i] * sums[i];
                }
            }
            double kept = kept(signal, squares / positions, sections);
            for (int row = 0, i = 0; i < sums.length; row++) {
                for (int column = 0; column < columns; column++, i++) {
                    double centred = sums[i] - rowMeans[firstRow + row] * columnMeans[firstColumn + column];
                    sums[i] = isCertain(row, column) ? centred : kept * centred;
                }
            }
        }
    }

    /**
     * Nothing yet.
     *
     * @param weights whose results the wanted ones are compared with
     * @param first first column of every group that takes part
     * @param columns number of those that do
     */
    ResidualMoments(LayerColumns layer, float[] weights, int first, int columns) {
        this.layer = layer;
        this.first = first;
        this.perColumn = layer.groups() * layer.columns();
        this.perResult = layer.groups() * layer.rows();
        this.parts = new Part[layer.groups()];
        for (int g = 0; g < parts.length; g++) {
            parts[g] = new Part(layer.rows(), columns);
        }
        this.negated = negated(layer, weights);
        this.operands = new float[CHUNK * perColumn];
        this.residuals = new float[CHUNK * perResult];
        this.products = new float[Math.max(layer.rows(), columns) * columns];
        this.operandMeans = new double[perColumn];
        this.residualMeans = new double[perResult];
    }

    /** The weights of every group, their sign turned, with the rows side by side. */
    private static float[] negated(LayerColumns layer, float[] weights) {
        float[] negated = new float[layer.groups() * layer.rows() * layer.columns()];
        int to = 0;
        for (int g = 0; g < layer.groups(); g++) {
            for (int column = 0; column < layer.columns(); column++) {
                for (int row = 0; row < layer.rows(); row++) {
                    negated[to++] = -weights[layer.weight(g, row, column)];
                }
            }
        }
        return negated;
    }

    /**
     * Takes positions of a batch.
     *
     * @param wanted results of the same batch
     * @param phase first position
     * @param every distance of the positions
     * @param apart whether samples are sections of their own; otherwise the batch is one
     */
    void add(Tensor operand, Tensor wanted, int phase, int every, boolean apart) {
        int perSample = wanted.shape().size(2, wanted.shape().rank());
        int positions = LayerColumns.positions(wanted);
        if (operandOrigin == null) {
            for (int k = 0; k < Math.min(CHUNK, positions); k++) {
                copy(operand, wanted, (int) ((long) k * positions / Math.min(CHUNK, positions)));
            }
            subtractProducts();
            operandOrigin = mean(operands, perColumn);
            residualOrigin = mean(residuals, perResult);
            filled = 0;
        }
        for (int position = phase; position < positions; position += every) {
            if (apart && position % perSample < every) {
                endSection();
            }
            copy(operand, wanted, position);
            if (filled == CHUNK) {
                flush();
            }
        }
        endSection();
    }

    private void copy(Tensor operand, Tensor wanted, int position) {
        layer.copyOperand(operand, wanted, position, operands, filled * perColumn);
        layer.copyResult(wanted, position, residuals, filled * perResult);
        filled++;
    }

    /** Leaves of the wanted results what the weights do not give. */
    private void subtractProducts() {
        int columns = layer.columns();
        int rows = layer.rows();
        for (int g = 0; g < parts.length; g++) {
            kernels.gemm(filled, rows, columns, operands, g * columns, perColumn, 1, negated, g * columns * rows, rows, 1,
                    residuals, g * rows, perResult, true);
        }
    }

    private void flush() {
        subtractProducts();
        // About the mean, nearly: a mean is no chance, and single precision holds the products.
        shift(operands, operandOrigin, operandMeans);
        shift(residuals, residualOrigin, residualMeans);
        for (int g = 0; g < parts.length; g++) {
            int column = g * layer.columns() + first;
            int wide = parts[g].columns.columns;
            kernels.gemm(wide, wide, filled, operands, column, 1, perColumn, operands, column, perColumn, 1, products, 0, wide, false);
            parts[g].columns.add(products);
            kernels.gemm(layer.rows(), wide, filled, residuals, g * layer.rows(), 1, perResult, operands, column, perColumn, 1, products, 0, wide, false);
            parts[g].residuals.add(products);
        }
        inSection += filled;
        filled = 0;
    }

    private float[] mean(float[] values, int size) {
        float[] means = new float[size];
        for (int i = 0; i < size; i++) {
            double sum = 0;
            for (int k = 0; k < filled; k++) {
                sum += values[k * size + i];
            }
            means[i] = (float) (sum / filled);
        }
        return means;
    }

    private void shift(float[] values, float[] origin, double[] sums) {
        for (int k = 0; k < filled; k++) {
            for (int i = 0; i < origin.length; i++) {
                float value = values[k * origin.length + i] - origin[i];
                values[k * origin.length + i] = value;
                sums[i] += value;
            }
        }
    }

    private void endSection() {
        if (filled > 0) {
            flush();
        }
        if (inSection > 0) {
            for (Part part : parts) {
                part.columns.endSection(inSection);
                part.residuals.endSection(inSection);
            }
            sections++;
            count += inSection;
            inSection = 0;
        }
    }

    /** Makes moments about the means of what are sums; nothing is added afterwards. */
    void finish() {
        divide(operandMeans);
        divide(residualMeans);
        for (int g = 0; g < parts.length; g++) {
            int column = g * layer.columns() + first;
            parts[g].columns.finish(count, sections, operandMeans, column, operandMeans, column);
            parts[g].residuals.finish(count, sections, residualMeans, g * layer.rows(), operandMeans, column);
        }
    }

    private void divide(double[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= count;
        }
    }

    /** Covariance of the columns of a group that take part, square. */
    double[] covariance(int group) {
        return parts[group].columns.sums;
    }

    /** Covariance of what the results of a group's rows lack with its columns, a row for each of its rows. */
    double[] residualCovariance(int group) {
        return parts[group].residuals.sums;
    }

    /** Mean of a column of a group. */
    double operandMean(int group, int column) {
        int at = group * layer.columns() + column;
        return operandMeans[at] + operandOrigin[at];
    }

    /** Mean of what the results of a group's row lack: of wanted results less products. */
    double residualMean(int group, int row) {
        int at = group * layer.rows() + row;
        return residualMeans[at] + residualOrigin[at];
    }
}
