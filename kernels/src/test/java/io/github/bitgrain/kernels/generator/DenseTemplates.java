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

    private static final String FLAT_TILE = """
                static void tile{rows}x{vectors}($float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, $float[] w, int wOffset,
                        $float[] bias, int biasOffset, $float[] y, int[] outputs, int yOffset) {
                    run{rows}x{vectors}(bias, biasOffset, SAME, 0, x, rows, row, runs[0], runLength, w, wOffset, y, outputs, yOffset);
                    for (int r = 1; r < runCount; r++) {
                        run{rows}x{vectors}(y, yOffset, outputs, row, x, rows, row, runs[r], runLength, w, wOffset + r * runLength * {width}, y, outputs, yOffset);
                    }
                }
                ---
                /** One run, added to what stands at {@code from[starts[first + i] + fromOffset]}. */
                private static void run{rows}x{vectors}($float[] from, int fromOffset, int[] starts, int first, $float[] x, int[] rows, int row, int run,
                        int runLength, $float[] w, int wOffset, $float[] y, int[] outputs, int yOffset) {
                    i>j>$FloatVector c{i}{j} = $FloatVector.fromArray($FLOATS, from, fromOffset + starts[first{+ i}]{+ j * $COUNT});

                    i>int a{i} = rows[row{+ i}] + run;
                    int k = 0;
                    do {
                        j>$FloatVector b{j} = $FloatVector.fromArray($FLOATS, w, wOffset + k * {width}{+ j * $COUNT});
                        i>$FloatVector x{i} = $FloatVector.broadcast($FLOATS, x[a{i} + k]);
                        i>j>c{i}{j} = x{i}.fma(b{j}, c{i}{j});
                        k++;
                    } while (k < runLength);
                    i>j>c{i}{j}.intoArray(y, yOffset + outputs[row{+ i}]{+ j * $COUNT});
                }
            """;

    private static final String FLAT_OUTER = """
                static void outer{rows}x{vectors}($float[] x, int xAt, int xStep, int xRow, $float[] dy, int dyAt, int dyStep, int lines, int count,
                        $float[] sums, int sumsOffset, int sumsRow) {
                    for (int line = 0; line < lines; line++) {
                        line{rows}x{vectors}(x, xAt + line * xRow, xStep, dy, dyAt + line * count * dyStep, dyStep, count, sums, sumsOffset, sumsRow);
                    }
                }
                ---
                /** One line of pixels. */
                private static void line{rows}x{vectors}($float[] x, int xAt, int xStep, $float[] dy, int dyAt, int dyStep, int count, $float[] sums,
                        int sumsOffset, int sumsRow) {
                    i>j>$FloatVector c{i}{j} = $FloatVector.fromArray($FLOATS, sums, sumsOffset{+ i * sumsRow}{+ j * $COUNT});
                    int p = 0;
                    do {
                        j>$FloatVector b{j} = $FloatVector.fromArray($FLOATS, dy, dyAt + p * dyStep{+ j * $COUNT});
                        i>$FloatVector x{i} = $FloatVector.broadcast($FLOATS, x[xAt + p * xStep{+ i}]);
                        i>j>c{i}{j} = x{i}.fma(b{j}, c{i}{j});
                        p++;
                    } while (p < count);
                    i>j>c{i}{j}.intoArray(sums, sumsOffset{+ i * sumsRow}{+ j * $COUNT});
                }
            """;

    private DenseTemplates() {}

    /** A convolution's tile. */
    static String tile(Element element, int rows, int vectors) {
        return write(TILE, element, rows, vectors);
    }

    /** As {@link #tile} without nested loops, which take registers: between runs the sums lie in the results. No run is empty. */
    static String flatTile(Element element, int rows, int vectors) {
        return write(FLAT_TILE, element, rows, vectors);
    }

    /** As {@link #outer} without nested loops. No line is empty. */
    static String flatOuter(Element element, int rows, int vectors) {
        return write(FLAT_OUTER, element, rows, vectors);
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
