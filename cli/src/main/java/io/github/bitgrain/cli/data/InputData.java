package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.analyze.InputVariant;
import io.github.bitgrain.quantizer.input.InputLevels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The data of a command, matched with the inputs of a network: one {@code .npy} file or folder of images for one input, an
 * {@code .npz} file for several. Samples come preprocessed.
 */
public final class InputData implements DataSource, AutoCloseable {
    private final Arrays arrays;
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, Preprocessing.Affine> maps = new LinkedHashMap<>();
    private final String name;

    private InputData(String name, Arrays arrays) {
        this.name = name;
        this.arrays = arrays;
    }

    /**
     * Opens the data.
     *
     * @param inputs name → shapes that a sample may have, that is without the batch axis; the usual one first
     * @throws BitgrainException if the file is broken, or names, shapes or numbers of samples do not fit
     */
    public static InputData open(Path data, Map<String, List<Shape>> inputs, Preprocessing preprocessing) {
        InputData opened = new InputData(
                data.toString(), Files.isDirectory(data) ? images(data, inputs) : arrays(data, inputs.keySet()));
        try {
            int count = opened.samples();
            new LinkedHashMap<>(opened.arrays.byName).forEach((input, array) -> {
                if (array.count() != count) {
                    throw BitgrainException.badInput(
                            array.name() + ": has " + array.count() + " samples, the first input has " + count);
                }
                Shape shape = shape(array, input, inputs.get(input));
                opened.shapes.put(input, shape);
                if (!array.shape().equals(extents(shape))) {
                    opened.arrays.byName.put(input, new ShapedSamples(array, extents(shape)));
                }
            });
            preprocessing.checkNames(inputs.keySet());
            opened.arrays.byName().forEach((input, array) -> opened.maps.put(input, preprocessing.forInput(input, array)));
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    /** What is done to the values of each input, by its name. */
    public Map<String, Preprocessing.Affine> preprocessing() {
        return Collections.unmodifiableMap(maps);
    }

    /** Inputs whose samples are bytes, and what the bytes become. */
    public Map<String, InputLevels> levels() {
        Map<String, InputLevels> levels = new LinkedHashMap<>();
        maps.forEach((input, map) -> {
            if (arrays.byName().get(input).type() == ElementType.UINT8) {
                levels.put(input, map.levels());
            }
        });
        return levels;
    }

    /** Forms that the values of each input would have by other options that are usual. */
    public Map<String, List<InputVariant>> variants() {
        Map<String, List<InputVariant>> variants = new LinkedHashMap<>();
        maps.forEach((input, map) -> variants.put(input,
                UsualPreprocessing.variants(maps.size() > 1 ? input + "=" : "", input, arrays.byName().get(input), map)));
        return variants;
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

    /** Arrays bound to the names of inputs; closes their files. */
    public static final class Arrays implements AutoCloseable {
        private final List<AutoCloseable> open = new ArrayList<>();
        private final Map<String, Samples> byName = new LinkedHashMap<>();

        private Arrays() {}

        /** The array of each input, in the order of the inputs. */
        public Map<String, Samples> byName() {
            return Collections.unmodifiableMap(byName);
        }

        private Samples keep(Samples opened) {
            open.add(opened);
            return opened;
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

    /**
     * Opens an {@code .npy} file for one input, or an {@code .npz} file for several: by name; a single array needs none, and
     * arrays that NumPy numbered (arr_0 …) are taken in order.
     *
     * @param inputs names of the inputs, in order
     * @throws BitgrainException (bad input) if the file is broken or does not hold exactly these inputs
     */
    public static Arrays arrays(Path file, Collection<String> inputs) {
        if (!Files.exists(file)) {
            throw BitgrainException.badInput(file + ": no such file or folder");
        }
        if (Files.isDirectory(file)) {
            throw BitgrainException.badInput(file + ": is a folder, where an .npy or .npz file is needed");
        }
        Arrays arrays = new Arrays();
        try {
            Map<String, Samples> found = new LinkedHashMap<>();
            if (file.toString().endsWith(".npz")) {
                Npz npz = Npz.of(file);
                arrays.open.add(npz);
                found.putAll(npz.arrays());
            } else {
                requireOneInput(file, "an .npy file", inputs);
                found.put("", arrays.keep(NpySamples.of(file)));
            }
            bind(file, found, inputs, arrays.byName);
        } catch (RuntimeException e) {
            arrays.close();
            throw e;
        }
        return arrays;
    }

    private static Arrays images(Path folder, Map<String, List<Shape>> inputs) {
        requireOneInput(folder, "a folder of images", inputs.keySet());
        Arrays arrays = new Arrays();
        inputs.forEach((input, shapes) ->
                arrays.byName.put(input, arrays.keep(new ImageSamples(folder, extents(shapes.getFirst())))));
        return arrays;
    }

    private static void bind(Path file, Map<String, Samples> found, Collection<String> inputs, Map<String, Samples> bound) {
        boolean numbered = found.size() == inputs.size();
        for (int i = 0; i < found.size(); i++) {
            numbered &= found.size() == 1 || found.containsKey("arr_" + i);
        }
        List<String> keys = List.copyOf(found.keySet());
        int i = 0;
        for (String input : inputs) {
            String key = found.containsKey(input) || !numbered ? input : found.size() == 1 ? keys.getFirst() : "arr_" + i;
            i++;
            if (!found.containsKey(key)) {
                throw BitgrainException.badInput(file + ": holds no array for input " + input + "; it has " + String.join(", ", keys));
            }
            bound.put(input, found.get(key));
        }
        if (found.size() > bound.size()) {
            List<String> rest = new ArrayList<>(keys);
            rest.removeAll(inputs);
            throw BitgrainException.badInput(file + ": the model has no input " + String.join(", ", rest)
                    + "; its inputs are " + String.join(", ", inputs));
        }
    }

    private static void requireOneInput(Path data, String what, Collection<String> inputs) {
        if (inputs.size() != 1) {
            throw BitgrainException.badInput(data + ": the model has " + inputs.size() + " inputs ("
                    + String.join(", ", inputs) + "), " + what + " feeds one; use an .npz file with one array per input");
        }
    }

    private static Shape shape(Samples samples, String input, List<Shape> accepted) {
        for (Shape shape : accepted) {
            if (samples.shape().equals(extents(shape))) {
                return shape;
            }
        }
        // Axes of one element do not change the order of elements: [N, 1, 28, 28] is fed to [1, 28, 28], [28, 28] too.
        for (Shape shape : accepted) {
            if (longer(samples.shape()).equals(longer(extents(shape)))) {
                return shape;
            }
        }
        throw BitgrainException.badInput(samples.name() + ": samples have shape " + samples.shape() + ", input " + input
                + " of the model takes " + accepted.stream().map(Shape::toString).collect(Collectors.joining(" or ")));
    }

    private static List<Integer> longer(List<Integer> extents) {
        return extents.stream().filter(extent -> extent > 1).toList();
    }

    private static List<Integer> extents(Shape shape) {
        return IntStream.of(shape.dims()).boxed().toList();
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
        return arrays.byName().values().iterator().next().count();
    }

    @Override
    public synchronized Map<String, Tensor> read(int first, int count) {
        Map<String, Tensor> batch = new LinkedHashMap<>();
        arrays.byName().forEach((input, array) -> {
            float[] values = new float[Math.multiplyExact(count, array.sampleSize())];
            maps.get(input).apply(array, array.read(first, count), count, values);
            batch.put(input, new Tensor(shapes.get(input).prepend(count), values));
        });
        return batch;
    }

    @Override
    public void close() {
        arrays.close();
    }
}
