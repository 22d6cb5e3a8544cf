package io.github.bitgrain.exporter.onnx;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Shapes for the inputs that a file leaves open: exports with dynamic axes become networks of one size, as chips want them.
 *
 * @param only shape of the network's only input, batch included; null if none was given
 * @param byName shapes by the names of inputs
 */
public record InputShapes(Shape only, Map<String, Shape> byName) {
    /** Nothing given: only the batch may be open, and becomes 1. */
    public static final InputShapes NONE = new InputShapes(null, Map.of());

    /** Whether nothing was given. */
    public boolean isEmpty() {
        return only == null && byName.isEmpty();
    }

    /** Refuses names that no input has, and a shape without a name where several inputs could have it. */
    void check(String file, List<String> inputs) {
        for (String name : byName.keySet()) {
            if (!inputs.contains(name)) {
                throw BitgrainException.badInput(file + ": has no input \"" + name + "\" to give a shape to; its inputs: " + String.join(", ", inputs));
            }
        }
        if (only != null && inputs.size() != 1) {
            throw BitgrainException.badInput(file + ": has " + inputs.size() + " inputs; say which one a shape is for: "
                    + inputs.stream().map(name -> name + "=" + text(only.dims())).collect(Collectors.joining(" or ")));
        }
    }

    /**
     * The shape of an input.
     *
     * @param declared extents in the file, 0 where an axis is open; null if the file says nothing
     * @throws BitgrainException (bad input) if an axis stays open, or a given extent is not the file's
     */
    Shape of(String file, String input, int[] declared) {
        if (declared != null && declared.length == 0) {
            throw BitgrainException.badInput(file + ": input \"" + input + "\" is a single number without axes; make it a constant of the network, or export it with the shape [1, 1]");
        }
        Shape given = byName.getOrDefault(input, only);
        if (given != null) {
            require(file, input, declared, given);
            return given;
        }
        List<Integer> open = declared == null ? List.of() : IntStream.range(1, declared.length).filter(i -> declared[i] == 0).boxed().toList();
        if (declared == null || !open.isEmpty()) {
            throw BitgrainException.badInput(file + ": input \"" + input + "\" " + (declared == null ? "has no shape" : axes(open) + " dynamic")
                    + "; a chip model has one size: give it with --input-shape " + example(declared) + ", or export with a fixed input shape");
        }
        return Shape.of(Arrays.stream(declared).map(extent -> extent == 0 ? 1 : extent).toArray());
    }

    private static void require(String file, String input, int[] declared, Shape given) {
        boolean fits = declared == null || declared.length == given.rank()
                && IntStream.range(0, declared.length).allMatch(i -> declared[i] == 0 || declared[i] == given.dim(i));
        if (!fits) {
            throw BitgrainException.badInput(file + ": input \"" + input + "\" is [" + declared(declared) + "] in the file, which "
                    + text(given.dims()) + " does not fit; only open axes (?) can be given");
        }
    }

    private static String axes(List<Integer> open) {
        String list = open.stream().map(String::valueOf).collect(Collectors.joining(", "));
        return open.size() == 1 ? "axis " + list + " is" : "axes " + list + " are";
    }

    /** What a user could write: open image axes get the usual letters. */
    private static String example(int[] declared) {
        if (declared == null) {
            return "1,C,H,W";
        }
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < declared.length; i++) {
            parts.add(declared[i] > 0 ? String.valueOf(declared[i]) : i == 0 ? "1" : declared.length == 4 ? String.valueOf("NCHW".charAt(i)) : "N");
        }
        return String.join(",", parts);
    }

    private static String declared(int[] declared) {
        return Arrays.stream(declared).mapToObj(extent -> extent == 0 ? "?" : String.valueOf(extent)).collect(Collectors.joining(","));
    }

    private static String text(int[] dims) {
        return Arrays.stream(dims).mapToObj(String::valueOf).collect(Collectors.joining(","));
    }
}
