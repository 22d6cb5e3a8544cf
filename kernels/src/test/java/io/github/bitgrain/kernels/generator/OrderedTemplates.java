package io.github.bitgrain.kernels.generator;

/**
 * The loops of convolutions whose sums may saturate: rows of one vector of columns. Inner loops test at their end: behind them a sum is the
 * result of an operation then, whose class the compiler knows, and no meeting of two paths through two loops, whose class it knows from a
 * profile alone. No run is empty.
 */
final class OrderedTemplates {
    private static final String CHECKED = """
                static boolean checked{rows}x1($float[] x, int[] rows, int row, int[] runs, int[] lengths, int runCount, $float[] w, int wOffset,
                        $float[] start, int at, $float offset, $float[] y, int[] outputs, int yOffset) {
                    $FloatVector z = $FloatVector.fromArray($FLOATS, start, at).add(offset);
                    $int middle = $Float.$floatToRaw$IntBits(offset);
                    $IntVector outside = z.reinterpretAs$Ints().lanewise(VectorOperators.XOR, middle);
                    i>$FloatVector c{i} = z;
                    int panel = wOffset;
                    for (int r = 0; r < runCount; r++) {
                        i>int a{i} = rows[row{+ i}] + runs[r];

                        i>outside = c{i}.reinterpretAs$Ints().lanewise(VectorOperators.XOR, middle).or(outside);
                        int k = 0;
                        do {
                            $FloatVector b = $FloatVector.fromArray($FLOATS, w, panel + k * $COUNT);
                            i>c{i} = $FloatVector.broadcast($FLOATS, x[a{i} + k]).fma(b, c{i});
                            k++;
                        } while (k < lengths[r]);
                        panel += lengths[r] * $COUNT;
                    }
                    i>c{i}.sub(offset).intoArray(y, yOffset + outputs[row{+ i}]);
                    return (outside.reduceLanes(VectorOperators.OR) & SIGN_AND_EXPONENT) == 0;
                }
            """;

    private static final String SATURATING = """
                float>static void saturating{rows}x1(float[] x, int[] rows, int row, int[] runs, int runCount, int runLength, float[] w, int wOffset,
                double>static void saturating{rows}x1(double[] x, int[] rows, int row, int[] runs, int runCount, int runLength, int chunk, double[] w, int wOffset,
                        $float[] start, int at, $float offset, $float lowest, $float highest, $float[] y, int[] outputs, int yOffset) {
                    $FloatVector z = $FloatVector.fromArray($FLOATS, start, at).add(offset);
                    $IntVector low = $FloatVector.broadcast($FLOATS, lowest).reinterpretAs$Ints();
                    $IntVector high = $FloatVector.broadcast($FLOATS, highest).reinterpretAs$Ints();
                    i>$FloatVector c{i} = z;
                    int panel = wOffset;
                    for (int r = 0; r < runCount; r++) {
                        i>int a{i} = rows[row{+ i}] + runs[r];
                        int k = 0;
                        float>do {
                        float>    FloatVector b = FloatVector.fromArray(FLOATS, w, panel + k * COUNT);
                        float>    i>c{i} = FloatVector.broadcast(FLOATS, x[a{i} + k]).fma(b, c{i}){limited};
                        float>    k++;
                        float>} while (k < runLength);
                        double>do {
                        double>    int end = Math.min(k + chunk, runLength);
                        double>    do {
                        double>        DoubleVector b = DoubleVector.fromArray(DOUBLES, w, panel + k * DOUBLE_COUNT);
                        double>        i>c{i} = DoubleVector.broadcast(DOUBLES, x[a{i} + k]).fma(b, c{i});
                        double>        k++;
                        double>    } while (k < end);
                        double>    i>c{i} = c{i}{limited};
                        double>} while (k < runLength);
                        panel += runLength * $COUNT;
                    }
                    i>c{i}.sub(offset).intoArray(y, yOffset + outputs[row{+ i}]);
                }
            """;

    private static final String DEPTHWISE = """
                static void depthwise($float[] x, int at, int step, int[] taps, int tapCount, $float[] w, int wOffset, int wRow, $float[] start, int c,
                        $float offset, $float lowest, $float highest, $float[] y, int to, int count) {
                    $FloatVector z = $FloatVector.fromArray($FLOATS, start, c).add(offset);
                    $IntVector low = $FloatVector.broadcast($FLOATS, lowest).reinterpretAs$Ints();
                    $IntVector high = $FloatVector.broadcast($FLOATS, highest).reinterpretAs$Ints();
                    for (int i = 0; i < count; i += {outputs}) {
                        // Beyond the last position it is computed again.
                        o>int i{o} = Math.min(i{+ o}, count - 1);

                        o>int from{o} = at + i{o} * step;

                        o>$FloatVector s{o} = z;
                        for (int t = 0; t < tapCount; t++) {
                            $FloatVector weight = $FloatVector.fromArray($FLOATS, w, wOffset + t * wRow);
                            o>s{o} = $FloatVector.fromArray($FLOATS, x, from{o} + taps[t]).fma(weight, s{o}){limited};
                        }
                        o>s{o}.sub(offset).intoArray(y, to + i{o} * wRow);
                    }
                }
            """;

    private OrderedTemplates() {}

    /** Products as if no sum could saturate, with looks at the sums. */
    static String checked(Element element, int rows) {
        return new Template(element).loop("i", rows).constant("rows", rows).write(CHECKED);
    }

    /** A limit after every product, in double precision after every chunk. */
    static String saturating(Element element, int rows) {
        return new Template(element).loop("i", rows).constant("rows", rows).write(limited(SATURATING));
    }

    /** One vector of channels of neighbouring outputs, with a limit after every product. */
    static String depthwise(Element element, int outputs) {
        return new Template(element).loop("o", outputs).constant("outputs", outputs).write(limited(DEPTHWISE));
    }

    private static String limited(String template) {
        return template.replace("{limited}", ".reinterpretAs$Ints().min(high).max(low).reinterpretAs$Floats()");
    }
}
