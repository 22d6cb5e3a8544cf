package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.InputShapes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads shapes of inputs as users write them: {@code 1,3,320,320} or {@code NAME=1,3,320,320}. */
public final class InputShapesText {
    private static final long LARGEST = 1L << 28;

    private InputShapesText() {}

    /**
     * The shapes of a list of texts.
     *
     * @param option what errors call the list
     * @throws BitgrainException (usage) if a text is no shape, or an input has two
     */
    public static InputShapes parse(String option, List<String> texts) {
        Shape only = null;
        Map<String, Shape> byName = new LinkedHashMap<>();
        for (String text : texts) {
            int split = text.lastIndexOf('=');
            Shape shape = shape(option, text.substring(split + 1));
            boolean again = split < 0 ? only != null : byName.put(text.substring(0, split), shape) != null;
            if (again || split >= 0 && only != null || split < 0 && !byName.isEmpty()) {
                throw BitgrainException.usage(option + ": " + text + ": give one shape, or one for each input as NAME=N,C,H,W");
            }
            only = split < 0 ? shape : only;
        }
        return new InputShapes(only, byName);
    }

    private static Shape shape(String option, String text) {
        try {
            int[] dims = Arrays.stream(text.split(",", -1)).mapToInt(extent -> Integer.parseInt(extent.strip())).toArray();
            long size = 1;
            for (int extent : dims) {
                if (extent < 1 || (size *= extent) > LARGEST) {
                    throw new NumberFormatException();
                }
            }
            return Shape.of(dims);
        } catch (NumberFormatException e) {
            throw BitgrainException.usage(option + ": \"" + text + "\" is no shape, such as 1,3,320,320");
        }
    }
}
