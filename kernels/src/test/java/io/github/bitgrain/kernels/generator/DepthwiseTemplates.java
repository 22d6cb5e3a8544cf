package io.github.bitgrain.kernels.generator;

/** The loops of depthwise convolutions: one vector of channels of neighbouring outputs. */
final class DepthwiseTemplates {
    /** Kernel rows and columns of {@link #NINE_TAPS}. */
    private static final int KERNEL = 3;

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

    private DepthwiseTemplates() {}

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
