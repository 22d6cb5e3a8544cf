package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The data of a command, matched with the inputs of a network: one {@code .npy} file or folder of images for one input, an
 * {@code .npz} file for several. Samples come preprocessed.
 */
public final class InputData implements DataSource, AutoCloseable {
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Map<String, Samples> samples = new LinkedHashMap<>();
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, Preprocessing.Affine> maps = new LinkedHashMap<>();
    private final String name;

    private InputData(String name) {
        this.name = name;
    }

    /**
     * Opens the data.
     *
     * @param inputs name → shapes that a sample may have, that is without the batch axis; the usual one first
     * @throws BitgrainException if the file is broken, or names or shapes do not fit the inputs
     */
    public static InputData open(Path data, Map<String, List<Shape>> inputs, Preprocessing preprocessing) {
        InputData opened = new InputData(data.toString());
        try {
            opened.match(data, inputs);
            preprocessing.checkNames(inputs.keySet());
            opened.samples.forEach((input, s) -> {
                opened.maps.put(input, preprocessing.forInput(input, s));
            });
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    /**
     * Opens one array, for labels and groups.
     *
     * @throws BitgrainException if there is no such file or it is not an {@code .npy} file
     */
    public static Samples array(Path file) {
        if (!Files.isRegularFile(file)) {
            throw BitgrainException.badInput(file + ": no such file");
        }
        return NpySamples.of(file);
    }

    private void match(Path data, Map<String, List<Shape>> inputs) {
        Map<String, Samples> found = new LinkedHashMap<>();
        if (!Files.exists(data)) {
            throw BitgrainException.badInput(data + ": no such file or folder");
        }
        if (Files.isDirectory(data)) {
            requireOneInput(data, "a folder of images", inputs);
            found.put("", keep(new ImageSamples(data, extents(inputs.values().iterator().next().getFirst()))));
        } else if (data.getFileName().toString().endsWith(".npz")) {
            Npz npz = Npz.of(data);
            open.add(npz);
            found.putAll(npz.arrays());
        } else {
            requireOneInput(data, "an .npy file", inputs);
            found.put("", keep(NpySamples.of(data)));
        }
        bind(data, found, inputs);
        samples.forEach((input, s) -> shapes.put(input, shape(s, input, inputs.get(input))));
    }

    /** By name; a single array needs none, and arrays that NumPy numbered (arr_0 …) are taken in order. */
    private void bind(Path data, Map<String, Samples> found, Map<String, List<Shape>> inputs) {
        boolean numbered = found.size() == inputs.size();
        for (int i = 0; i < found.size(); i++) {
            numbered &= found.size() == 1 || found.containsKey("arr_" + i);
        }
        int i = 0;
        for (String input : inputs.keySet()) {
            String key = !numbered || found.containsKey(input) ? input : found.size() == 1 ? found.keySet().iterator().next() : "arr_" + i;
            i++;
            Samples array = found.get(key);
            if (array == null) {
                throw BitgrainException.badInput(data + ": holds no array for input " + input + "; it has "
                        + String.join(", ", found.keySet()));
            }
            samples.put(input, array);
        }
        if (found.size() > samples.size()) {
            List<String> rest = new ArrayList<>(found.keySet());
            rest.removeAll(inputs.keySet());
            throw BitgrainException.badInput(data + ": the model has no input " + String.join(", ", rest)
                    + "; its inputs are " + String.join(", ", inputs.keySet()));
        }
        int count = samples();
        samples.forEach((input, s) -> {
            if (s.count() != count) {
                throw BitgrainException.badInput(
                        s.name() + ": has " + s.count() + " samples, the first input has " + count);
            }
        });
    }

    private static void requireOneInput(Path data, String what, Map<String, List<Shape>> inputs) {
        if (inputs.size() != 1) {
            throw BitgrainException.badInput(data + ": the model has " + inputs.size() + " inputs ("
                    + String.join(", ", inputs.keySet()) + "), " + what + " feeds one; use an .npz file with one array per input");
        }
    }

    private static Shape shape(Samples samples, String input, List<Shape> accepted) {
        for (Shape shape : accepted) {
            if (samples.shape().equals(extents(shape))) {
                return shape;
            }
        }
        throw BitgrainException.badInput(samples.name() + ": samples have shape " + samples.shape() + ", input " + input
                + " of the model takes " + accepted.stream().map(Shape::toString).collect(Collectors.joining(" or ")));
    }

    private static List<Integer> extents(Shape shape) {
        return Arrays.stream(shape.dims()).boxed().toList();
    }

    private Samples keep(Samples opened) {
        open.add(opened);
        return opened;
    }

    /** What messages call the data. */
    public String name() {
        return name;
    }

    @Override
    public Map<String, Shape> sampleShapes() {
        return Collections.unmodifiableMap(shapes);
    }

    @Override
    public int samples() {
        return samples.values().iterator().next().count();
    }

    @Override
    public synchronized Map<String, Tensor> read(int first, int count) {
        Map<String, Tensor> batch = new LinkedHashMap<>();
        samples.forEach((input, array) -> {
            float[] values = new float[Math.multiplyExact(count, array.sampleSize())];
            maps.get(input).apply(array, array.read(first, count), count, values);
            batch.put(input, new Tensor(shapes.get(input).prepend(count), values));
        });
        return batch;
    }

    @Override
    public void close() {
        for (AutoCloseable each : open) {
            try {
                each.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
