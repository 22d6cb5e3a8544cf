package io.github.bitgrain.kernels.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the innermost loops of the vector kernels: bodies that are the same for every row and vector of a tile, written out because the
 * compiler keeps local variables in registers, but no array of vectors; and classes that differ in the type of arrays alone. What is
 * written is committed; a test compares.
 *
 * <pre>java kernels/src/test/java/io/github/bitgrain/kernels/generator/TileGenerator.java</pre>
 */
final class TileGenerator {
    /** From the root of the project. */
    static final Path FOLDER = Path.of("kernels", "src", "main", "java", "io", "github", "bitgrain", "kernels");

    private static final String HEADER = "// Written by TileGenerator, which is to be changed in its place.\n";

    private TileGenerator() {}

    /** Writes all files, from the root of the project. */
    public static void main(String[] arguments) throws IOException {
        for (Map.Entry<String, String> file : files().entrySet()) {
            Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
        }
    }

    /** File names and contents. */
    static Map<String, String> files() {
        Map<String, String> files = new TreeMap<>();
        for (GeneratedClass each : new GeneratedClass[] {
            tiles(), tilesOfSeven(), doubleTiles(), flatTiles(Element.FLOAT),
            flatTiles(Element.DOUBLE), depthwiseTiles(), depthwiseRows(), flatDepthwiseRows(), orderedTiles(Element.FLOAT), orderedTiles(Element.DOUBLE)}) {
            files.put(each.name() + ".java", HEADER + each.write());
        }
        files.put("FloatOrderedConv.java", HEADER + OrderedConvTemplate.write(Element.FLOAT));
        files.put("DoubleOrderedConv.java", HEADER + OrderedConvTemplate.write(Element.DOUBLE));
        return files;
    }

    private static GeneratedClass tiles() {
        return new GeneratedClass("Tiles", """
                The innermost loops of dense convolutions and matrix products.

                <p>They are written out because the compiler keeps local variables in registers, but no array of vectors. Sixteen
                accumulators hide the latency of fused multiply-add, survive the strip-mined loops of the default collector without spills, and
                keep the methods small enough for both compilers. Accumulators start from vectors loaded here: a vector from a static field
                would be boxed in the loop.
                """)
                .height(8)
                .method("""
                        {@code y[outputs[row + i] + yOffset + j] = bias[biasOffset + j] + Σ_r Σ_k x[rows[row + i] + runs[r] + k] w[r][k][j]} for
                        8 rows and two vectors of columns; w is a panel of PAIR floats per (r, k). Products are added in ascending (r, k).
                        """, DenseTemplates.tile(Element.FLOAT, 8, 2))
                .method("As {@link #tile8x2} with one vector of columns; w is a panel of COUNT floats per (r, k).", DenseTemplates.tile(Element.FLOAT, 8, 1))
                .method("""
                        {@code sums[i][j] += Σ_l Σ_p x[xAt + l xRow + p xStep + i] dy[dyAt + (l count + p) dyStep + j]} for 8 rows and two vectors of
                        columns, products added in ascending (l, p).

                        @param lines lines of pixels, {@code xRow} apart in x
                        @param count pixels of a line, {@code xStep} apart in x
                        """, DenseTemplates.outer(Element.FLOAT, 8, 2))
                .method("As {@link #outer8x2} with one vector of columns.", DenseTemplates.outer(Element.FLOAT, 8, 1));
    }

    private static GeneratedClass tilesOfSeven() {
        return new GeneratedClass("TilesOfSeven", 
                "{@link Tiles} of seven rows, for maps whose positions seven divides better: 7 × 7 in seven tiles instead of six and one row.")
                .height(7)
                .method("As {@link Tiles#tile8x2}.", DenseTemplates.tile(Element.FLOAT, 7, 2))
                .method("As {@link Tiles#tile8x1}.", DenseTemplates.tile(Element.FLOAT, 7, 1));
    }

    private static GeneratedClass flatTiles(Element element) {
        GeneratedClass tiles = new GeneratedClass(element.word("$Double") + "FlatTiles", """
                {@link %s} of four rows without nested loops, for processors with sixteen vector registers. The compiler may load the source values of
                all rows before it uses one: with eight accumulators, which just hide the latency of fused multiply-add, and two vectors of
                weights, fourteen registers still do. More rows are faster where it does not, at half the speed where it does.
                """.formatted(element.word("$Double") + "Tiles"))
                .height(4)
                .field("/** Rows that all start from the bias. */\n    private static final int[] SAME = new int[HEIGHT];")
                .method("As {@link Tiles#tile8x2}.", DenseTemplates.flatTile(element, 4, 2))
                .method("As {@link Tiles#tile8x1}.", DenseTemplates.flatTile(element, 4, 1));
        return element == Element.DOUBLE ? tiles : tiles
                .method("As {@link Tiles#outer8x2}.", DenseTemplates.flatOuter(element, 4, 2))
                .method("As {@link Tiles#outer8x1}.", DenseTemplates.flatOuter(element, 4, 1));
    }

    private static GeneratedClass doubleTiles() {
        return new GeneratedClass("DoubleTiles", 
                "The innermost loops of exact convolutions in double precision; see {@link Tiles} for why they look so.")
                .method("As {@link Tiles#tile8x2}.", DenseTemplates.tile(Element.DOUBLE, 8, 2))
                .method("As {@link Tiles#tile8x1}.", DenseTemplates.tile(Element.DOUBLE, 8, 1))
                .method("As {@link DepthwiseTiles#anyFour}.", DepthwiseTemplates.anyTaps(Element.DOUBLE, "anyFour", 4))
                .method("As {@link DepthwiseTiles#anyOne}.", DepthwiseTemplates.anyTaps(Element.DOUBLE, "anyOne", 1));
    }

    private static GeneratedClass depthwiseTiles() {
        return new GeneratedClass("DepthwiseTiles", """
                The innermost loops of depthwise convolutions: one vector of channels of outputs that follow each other in a row, written
                out because the compiler keeps no array of vectors in registers. Products are added in the order of the taps.
                """)
                .method("Four neighbouring outputs of a 3 × 3 kernel with step 1 at a time: they share 6 × 3 source vectors. Returns the number done.",
                        DepthwiseTemplates.nineTaps(Element.FLOAT, "four", 4, 1))
                .method("Two neighbouring outputs of a 3 × 3 kernel with step 2 at a time: they share 5 × 3 source vectors. Returns the number done.",
                        DepthwiseTemplates.nineTaps(Element.FLOAT, "twoStrided", 2, 2))
                .method("Four neighbouring outputs of any kernel at a time: they share the weights. Returns the number done.",
                        DepthwiseTemplates.anyTaps(Element.FLOAT, "anyFour", 4))
                .method("As {@link #anyFour} one at a time. Returns the number done.", DepthwiseTemplates.anyTaps(Element.FLOAT, "anyOne", 1));
    }

    private static GeneratedClass depthwiseRows() {
        GeneratedClass rows = new GeneratedClass("DepthwiseRows", """
                The innermost loops of depthwise convolutions with many channels: four outputs that follow each other in a row, channel by channel, so
                that memory is read and written in order. Products are added in the order of the taps.
                """);
        for (int stride = 1; stride <= 2; stride++) {
            addRows(rows, stride, false);
            for (Part part : Part.values()) {
                rows.method(part == Part.MIDDLE && stride == 1 ? """
                        The weight gradient of {@code count} times four neighbouring outputs of a 3 × 3 kernel.

                        @param sums nine lines of all channels, added to
                        """ : part.comment(stride), DepthwiseTemplates.rowGradient(Element.FLOAT, part.method(stride) + "Gradient", 4, stride, part.firstColumn,
                                part.beyond));
            }
        }
        return rows;
    }

    private static GeneratedClass flatDepthwiseRows() {
        GeneratedClass rows = new GeneratedClass("FlatDepthwiseRows", """
                {@link DepthwiseRows} with a method for each tile, for processors with sixteen vector registers: of nested loops the compiler often makes
                code there that takes half as long again.
                """);
        addRows(rows, 1, true);
        addRows(rows, 2, true);
        return rows;
    }

    private static void addRows(GeneratedClass rows, int stride, boolean isFlat) {
        for (Part part : Part.values()) {
            rows.method(part == Part.MIDDLE && stride == 1 ? """
                    {@code count} times four neighbouring outputs of a 3 × 3 kernel.

                    @param topAt where in its row of the source the first output's first column starts; so with middle and bottom
                    @param wOffset nine lines of weights, each of all channels
                    """ : part.comment(stride), DepthwiseTemplates.row(Element.FLOAT, part.method(stride), 4, stride, part.firstColumn, part.beyond, isFlat));
        }
    }

    /** Where in a row a tile lies. */
    private enum Part {
        MIDDLE("", 0, 0), LEFT("Left", 1, 0), RIGHT("Right", 0, 1);

        private final String suffix;
        private final int firstColumn;
        private final int beyond;

        Part(String suffix, int firstColumn, int beyond) {
            this.suffix = suffix;
            this.firstColumn = firstColumn;
            this.beyond = beyond;
        }

        private String method(int stride) {
            return "four" + (stride == 1 ? "" : "Strided") + suffix;
        }

        private String comment(int stride) {
            String step = stride == 1 ? "" : ", with step 2";
            return switch (this) {
                case MIDDLE -> "The same" + step + ".";
                case LEFT -> "The same" + step + ", where the first column lies beyond the border.";
                case RIGHT -> "The same" + step + ", where the last column lies beyond the border.";
            };
        }
    }

    private static GeneratedClass orderedTiles(Element element) {
        if (element == Element.DOUBLE) {
            return new GeneratedClass("DoubleOrderedTiles", "{@link OrderedTiles} in double precision.")
                    .field("private static final long SIGN_AND_EXPONENT = -1L << 52;")
                    .method("As {@link OrderedTiles#checked8x1}.", OrderedTemplates.checked(element, 8))
                    .method("As {@link OrderedTiles#saturating8x1}, with sums limited after every {@code chunk} products of a run and at its end.",
                            OrderedTemplates.saturating(element, 8))
                    .method("As {@link OrderedTiles#depthwise}.", OrderedTemplates.depthwise(element, 4));
        }
        return new GeneratedClass("OrderedTiles", """
                The innermost loops of convolutions whose sums may saturate; see {@link Tiles} for why they look so.

                <p>Sums of an accumulator of 2 R numbers, -R to R - 1, lie here around an offset of 3/2 R. They are then positive, and two comparisons
                of their bits as integers limit them. And those of its middle half, R to 2 R - 1, are all the numbers of one exponent: sign and
                exponent alone tell whether a sum has so much room left that some more products need no limit.
                """)
                .field("private static final int SIGN_AND_EXPONENT = -1 << 23;")
                .method("""
                        {@code y[outputs[row + i] + yOffset + j] = start[at + j] + Σ_r Σ_k x[rows[row + i] + runs[r] + k] w[r][k][j]} for 8 rows and one
                        vector of columns, products in ascending (r, k).

                        @param lengths products of each run, which add up to no more than a quarter of the accumulator's range
                        @param offset 3/4 of the accumulator's range
                        @return whether every sum lay in the middle half of the range before each run; then no accumulator has left it
                        """, OrderedTemplates.checked(element, 8))
                .method("""
                        As {@link #checked8x1} with runs of equal length and sums limited to {@code lowest … highest} after every product; both with
                        the offset added, so that they and everything that a product makes of them are positive.
                        """, OrderedTemplates.saturating(element, 8))
                .method("""
                        {@code y[to + i wRow + j] = start[c + j] + Σ_t x[at + i step + taps[t] + j] w[wOffset + t wRow + j]}, limited after every
                        product, for i below count and one vector of channels; four positions at a time share the weights.
                        """, OrderedTemplates.depthwise(element, 4));
    }
}
