package io.github.bitgrain.simulator;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PaddingTest {
    private enum Mode { CONSTANT, EDGE, REFLECT }

    /** Maps, channels last: rows of pixels are moved as a whole; {@link ChipCase} runs it on integers and on whole floats. */
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void mapsGetTheirBorder(@ForAll Mode mode, @ForAll boolean wide, @ForAll @IntRange(min = 1, max = 36) int channels,
            @ForAll @IntRange(min = 3, max = 6) int height, @ForAll @IntRange(min = 3, max = 6) int width, @ForAll long seed) {
        Random random = new Random(seed);
        ElementType type = wide ? ElementType.INT16 : ElementType.INT8;
        int[] pads = {0, random.nextInt(-1, 3), random.nextInt(-1, 3), 0, 0, random.nextInt(-1, 3), random.nextInt(-1, 3), 0};
        long[] x = random.longs(height * width * channels, -128, 128).toArray();
        int newHeight = height + pads[1] + pads[5];
        int newWidth = width + pads[2] + pads[6];
        long[] expected = new long[newHeight * newWidth * channels];
        for (int i = 0; i < expected.length; i++) {
            int row = source(mode, i / channels / newWidth - pads[1], height);
            int column = source(mode, i / channels % newWidth - pads[2], width);
            expected[i] = row < 0 || column < 0 ? -77 : x[(row * width + column) * channels + i % channels];
        }
        ChipCase given = ChipCase.of("Pad").value(type, -3, List.of(1, height, width, channels), x)
                .indices(pads[0], pads[1], pads[2], pads[3], pads[4], pads[5], pads[6], pads[7]).text("mode", mode.name().toLowerCase(Locale.ROOT));
        if (mode == Mode.CONSTANT) {
            given.parameter(type, -3, List.of(), -77);
        }
        given.output(type, -3).gives(List.of(1, newHeight, newWidth, channels), expected);
    }

    private static int source(Mode mode, int at, int extent) {
        if (at >= 0 && at < extent) {
            return at;
        }
        return switch (mode) {
            case CONSTANT -> -1;
            case EDGE -> at < 0 ? 0 : extent - 1;
            case REFLECT -> at < 0 ? -at : 2 * (extent - 1) - at;
        };
    }
}
