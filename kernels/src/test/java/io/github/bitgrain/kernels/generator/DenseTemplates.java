package io.github.bitgrain.kernels.generator;

/** The loops of dense convolutions and matrix products: rows × vectors of columns. */
final class DenseTemplates {
    private static final String TILE = """
                static void tile{rows}x{vectors}($float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, $float[] w, int wOffset,
                        $float[] bias, int biasOffset, $float[] y, int[] outputs, int yOffset) {
                    j>$FloatVector z{j} = $FloatVector.fromArray($FLOATS, bias, biasOffset{+ j * $COUNT});
                    i>j>$FloatVector c{i}{j} = z{j};
                    int panel = wOffset;
                    for (int r = 0; r < runCount; r++) {
                        i>int a{i} = rows[row{+ i}] + runs[r];
                        for (int k = 0; k < runLength; k++) {
                            j>$FloatVector b{j} = $FloatVector.fromArray($FLOATS, w, panel + k * {width}{+ j * $COUNT});
                            i>$FloatVector x{i} = $FloatVector.broadcast($FLOATS, x[a{i} + k]);
                            i>j>c{i}{j} = x{i}.fma(b{j}, c{i}{j});
                        }
                        panel += runLength * {width};
                    }
                    i>j>c{i}{j}.intoArray(y, yOffset + outputs[row{+ i}]{+ j * $COUNT});
                }
            """;

    private static final String OUTER = """
                static void outer{rows}x{vectors}($float[] x, int xAt, int xStep, int xRow, $float[] dy, int dyAt, int dyStep, int lines, int count,
                        $float[] sums, int sumsOffset, int sumsRow) {
                    i>j>$FloatVector c{i}{j} = $FloatVector.fromArray($FLOATS, sums, sumsOffset{+ i * sumsRow}{+ j * $COUNT});
                    for (int line = 0; line < lines; line++) {
                        int from = xAt + line * xRow;
                        int g = dyAt + line * count * dyStep;
                        for (int p = 0; p < count; p++) {
                            j>$FloatVector b{j} = $FloatVector.fromArray($FLOATS, dy, g + p * dyStep{+ j * $COUNT});
                            i>$FloatVector x{i} = $FloatVector.broadcast($FLOATS, x[from + p * xStep{+ i}]);
                            i>j>c{i}{j} = x{i}.fma(b{j}, c{i}{j});
                        }
                    }
                    i>j>c{i}{j}.intoArray(sums, sumsOffset{+ i * sumsRow}{+ j * $COUNT});
                }
            """;

    private DenseTemplates() {}

    /** A convolution's tile. */
    static String tile(Element element, int rows, int vectors) {
        return write(TILE, element, rows, vectors);
    }

    /** A weight gradient's tile. */
    static String outer(Element element, int rows, int vectors) {
        return write(OUTER, element, rows, vectors);
    }

    private static String write(String template, Element element, int rows, int vectors) {
        return new Template(element).loop("i", rows).loop("j", vectors).constant("rows", rows).constant("vectors", vectors)
                .write(template.replace("{width}", vectors == 1 ? "$COUNT" : "$PAIR"));
    }
}
