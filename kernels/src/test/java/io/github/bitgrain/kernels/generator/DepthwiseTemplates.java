package io.github.bitgrain.kernels.generator;

import java.util.List;

/** The loops of depthwise convolutions: one vector of channels of neighbouring outputs. */
final class DepthwiseTemplates {
    /** Kernel rows and columns of {@link #NINE_TAPS}. */
    private static final int KERNEL = 3;
    private static final List<String> ROWS = List.of("top", "middle", "bottom");

    private static final String NINE_TAPS = """
                static int {name}($float[] x, int at, int rowStep, int pixelStep, $float[] w, int wOffset, int wRow, $float[] start, int c,
                        $float[] y, int to, int yStep, int count) {
                    $FloatVector first = $FloatVector.fromArray($FLOATS, start, c);
                    t>$FloatVector w{t} = $FloatVector.fromArray($FLOATS, w, wOffset{+ t * wRow});
                    int end = count - {last};
                    for (int i = 0; i < end; i += {outputs}) {
                        int from = at + i * {step}pixelStep;
                        o>$FloatVector s{o} = first;
            {taps}            o>s{o}.intoArray(y, to + i * yStep{+ o * yStep});
                    }
                    return Math.max(0, count) / {outputs} * {outputs};
                }
            """;

    private static final String ANY_TAPS = """
                static int {name}($float[] x, int at, int step, int[] taps, int firstRow, int endRow, int firstColumn, int endColumn, int columns,
                        $float[] w, int wOffset, int wRow, $float[] start, int c, $float[] y, int to, int yStep, int count) {
                    int end = count - {last};
                    for (int i = 0; i < end; i += {outputs}) {
                        $FloatVector first = $FloatVector.fromArray($FLOATS, start, c);
                        o>$FloatVector s{o} = first;
                        int pixel = at + i * step;
                        for (int a = firstRow; a < endRow; a++) {
                            for (int b = firstColumn; b < endColumn; b++) {
                                int from = pixel + taps[a * columns + b];
                                $FloatVector weight = $FloatVector.fromArray($FLOATS, w, wOffset + (a * columns + b) * wRow);
                                o>s{o} = $FloatVector.fromArray($FLOATS, x, from{+ o * step}).fma(weight, s{o});
                            }
                        }
                        o>s{o}.intoArray(y, to + i * yStep{+ o * yStep});
                    }
                    return Math.max(0, count) / {outputs} * {outputs};
                }
            """;

    private static final String ROW = """
                static void {name}($float[] top, int topAt, $float[] middle, int middleAt, $float[] bottom, int bottomAt, int pixelStep, $float[] w,
                        int wOffset, int channels, $float[] start, $float[] y, int yAt, int yStep, int count) {
                    for (int i = 0; i < count; i++) {
                        int from0 = topAt + i * {columns} * pixelStep;
                        int from1 = middleAt + i * {columns} * pixelStep;
                        int from2 = bottomAt + i * {columns} * pixelStep;
                        int to = yAt + i * {outputs} * yStep;
                        for (int c = 0; c < channels; c += $COUNT) {
                            $FloatVector first = $FloatVector.fromArray($FLOATS, start, c);
                            o>$FloatVector s{o} = first;
            {taps}                o>s{o}.intoArray(y, to + c{+ o * yStep});
                        }
                    }
                }
            """;

    private static final String FLAT_ROW = """
                static void {name}($float[] top, int topAt, $float[] middle, int middleAt, $float[] bottom, int bottomAt, int pixelStep, $float[] w,
                        int wOffset, int channels, $float[] start, $float[] y, int yAt, int yStep, int count) {
                    for (int i = 0; i < count; i++) {
                        int step = i * {columns} * pixelStep;
                        {name}Tile(top, topAt + step, middle, middleAt + step, bottom, bottomAt + step, pixelStep, w, wOffset, channels, start, y,
                                yAt + i * {outputs} * yStep, yStep);
                    }
                }
                ---
                private static void {name}Tile($float[] top, int from0, $float[] middle, int from1, $float[] bottom, int from2, int pixelStep, $float[] w,
                        int wOffset, int channels, $float[] start, $float[] y, int to, int yStep) {
                    int c = 0;
                    do {
                        $FloatVector first = $FloatVector.fromArray($FLOATS, start, c);
                        o>$FloatVector s{o} = first;
            {taps}            o>s{o}.intoArray(y, to + c{+ o * yStep});
                        c += $COUNT;
                    } while (c < channels);
                }
            """;

    private static final String ROW_GRADIENT = """
                static void {name}($float[] top, int topAt, $float[] middle, int middleAt, $float[] bottom, int bottomAt, int pixelStep, $float[] dy,
                        int dyAt, int dyStep, int channels, $float[] sums, int count) {
                    for (int i = 0; i < count; i++) {
                        int from0 = topAt + i * {columns} * pixelStep;
                        int from1 = middleAt + i * {columns} * pixelStep;
                        int from2 = bottomAt + i * {columns} * pixelStep;
                        int from = dyAt + i * {outputs} * dyStep;
                        for (int c = 0; c < channels; c += $COUNT) {
                            o>$FloatVector g{o} = $FloatVector.fromArray($FLOATS, dy, from + c{+ o * dyStep});
            {taps}            }
                    }
                }
            """;

    private DepthwiseTemplates() {}

    /**
     * Neighbouring outputs of a row of a 3 × 3 kernel, channel by channel.
     *
     * @param firstColumn the first source column that exists: 1 at the left border, else 0
     * @param beyond source columns of the tile that lie beyond the right border
     * @param isFlat whether the loop over channels is a method of its own
     */
    static String row(Element element, String name, int outputs, int stride, int firstColumn, int beyond, boolean isFlat) {
        String taps = taps("w", "w, wOffset + c", outputs, stride, firstColumn, beyond, false,
                (row, column, output, tap) -> "s%d = x%d%d.fma(w%d%d, s%d);\n".formatted(output, row, column, row, tap, output));
        return write(isFlat ? FLAT_ROW : ROW, element, name, outputs, stride, taps.indent(isFlat ? 12 : 16));
    }

    /** The weight gradient of the outputs of {@link #row}. */
    static String rowGradient(Element element, String name, int outputs, int stride, int firstColumn, int beyond) {
        String taps = taps("s", "sums, c", outputs, stride, firstColumn, beyond, true,
                (row, column, output, tap) -> "s%d%d = x%d%d.fma(g%d, s%d%d);\n".formatted(row, tap, row, column, output, row, tap));
        return write(ROW_GRADIENT, element, name, outputs, stride, taps.indent(16));
    }

    /** What a source vector does for an output that it reaches. */
    @FunctionalInterface
    private interface Product {
        String write(int row, int column, int output, int tap);
    }

    /** Row by row: loads a vector for each tap, then every source vector and its products; stores the vectors of the taps where they are sums. */
    private static String taps(String vector, String place, int outputs, int stride, int firstColumn, int beyond, boolean stores, Product product) {
        StringBuilder lines = new StringBuilder();
        int columns = (outputs - 1) * stride + KERNEL;
        for (int row = 0; row < KERNEL; row++) {
            for (int tap = 0; tap < KERNEL; tap++) {
                lines.append("$FloatVector %s%d%d = $FloatVector.fromArray($FLOATS, %s%s);\n".formatted(vector, row, tap, place,
                        addend(row * KERNEL + tap, "channels")));
            }
            for (int column = firstColumn; column < columns - beyond; column++) {
                lines.append(source(row, column));
                for (int output = 0; output < outputs; output++) {
                    int tap = column - output * stride;
                    if (tap >= 0 && tap < KERNEL) {
                        lines.append(product.write(row, column, output, tap));
                    }
                }
            }
            for (int tap = 0; stores && tap < KERNEL; tap++) {
                lines.append("%s%d%d.intoArray(%s%s);\n".formatted(vector, row, tap, place, addend(row * KERNEL + tap, "channels")));
            }
        }
        return lines.toString();
    }

    private static String write(String template, Element element, String name, int outputs, int stride, String taps) {
        return new Template(element).loop("o", outputs).constant("outputs", outputs).constant("columns", outputs * stride)
                .write(template.replace("{name}", name).replace("{taps}", taps));
    }

    private static String source(int row, int column) {
        return "$FloatVector x%d%d = $FloatVector.fromArray($FLOATS, %s, from%d + c%s);\n".formatted(row, column, ROWS.get(row), row,
                addend(column, "pixelStep"));
    }

    private static String addend(int count, String step) {
        return count == 0 ? "" : count == 1 ? " + " + step : " + " + count + " * " + step;
    }

    /** Neighbouring outputs of a 3 × 3 kernel: every source vector is loaded once for all outputs that it reaches. */
    static String nineTaps(Element element, String name, int outputs, int stride) {
        String template = NINE_TAPS.replace("{name}", name).replace("{step}", stride == 1 ? "" : stride + " * ")
                .replace("{taps}", taps(outputs, stride).indent(12));
        return new Template(element).loop("t", KERNEL * KERNEL).loop("o", outputs).constant("outputs", outputs).constant("last", outputs - 1)
                .write(template);
    }

    private static String taps(int outputs, int stride) {
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < KERNEL; row++) {
            lines.append(row == 0 ? "" : "from += rowStep;\n");
            for (int column = 0; column < (outputs - 1) * stride + KERNEL; column++) {
                String x = "x" + row + column;
                String step = column == 0 ? "" : column == 1 ? " + pixelStep" : " + " + column + " * pixelStep";
                lines.append("$FloatVector %s = $FloatVector.fromArray($FLOATS, x, from%s);\n".formatted(x, step));
                for (int output = 0; output < outputs; output++) {
                    int tap = column - output * stride;
                    if (tap >= 0 && tap < KERNEL) {
                        lines.append("s%d = %s.fma(w%d, s%d);\n".formatted(output, x, row * KERNEL + tap, output));
                    }
                }
            }
        }
        return lines.toString();
    }

    /** Neighbouring outputs of any kernel, of whose taps some rows and columns are read. */
    static String anyTaps(Element element, String name, int outputs) {
        return new Template(element).loop("o", outputs).constant("outputs", outputs).constant("last", outputs - 1)
                .write(ANY_TAPS.replace("{name}", name));
    }
}
