package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The data of a command, matched with the inputs of a network: one {@code .npy} file or folder of images for one input, an
 * {@code .npz} file for several. Not safe for use by several threads.
 */
public final class InputData implements AutoCloseable {
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Map<String, Samples> samples = new LinkedHashMap<>();
    private final Map<String, Preprocessing.Affine> maps = new LinkedHashMap<>();
    private final String name;

    private InputData(String name) {
        this.name = name;
    }

    /**
     * Opens the data.
     *
     * @param inputs name → shape of one sample, that is without the batch axis; an extent of −1 fits any
     * @throws BitgrainException if the file is broken, or names or shapes do not fit the inputs
     */
    public static InputData open(Path data, Map<String, List<Integer>> inputs, Preprocessing preprocessing) {
        InputData opened = new InputData(data.toString());
        try {
            opened.match(data, inputs);
            preprocessing.checkNames(inputs.keySet());
            opened.samples.forEach((input, s) -> opened.maps.put(input, preprocessing.forInput(input, s)));
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

    private void match(Path data, Map<String, List<Integer>> inputs) {
        Map<String, Samples> found = new LinkedHashMap<>();
        if (!Files.exists(data)) {
            throw BitgrainException.badInput(data + ": no such file or folder");
        }
        if (Files.isDirectory(data)) {
            requireOneInput(data, "a folder of images", inputs);
            found.put("", keep(new ImageSamples(data, inputs.values().iterator().next())));
        } else if (data.getFileName().toString().endsWith(".npz")) {
            Npz npz = Npz.of(data);
            open.add(npz);
            found.putAll(npz.arrays());
        } else {
            requireOneInput(data, "an .npy file", inputs);
            found.put("", keep(NpySamples.of(data)));
        }
        bind(data, found, inputs);
        samples.forEach((input, s) -> checkShape(s, input, inputs.get(input)));
    }

    /** By name; a single array needs none, and arrays that NumPy numbered (arr_0 …) are taken in order. */
    private void bind(Path data, Map<String, Samples> found, Map<String, List<Integer>> inputs) {
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
        int count = count();
        samples.forEach((input, s) -> {
            if (s.count() != count) {
                throw BitgrainException.badInput(
                        s.name() + ": has " + s.count() + " samples, the first input has " + count);
            }
        });
    }

    private static void requireOneInput(Path data, String what, Map<String, List<Integer>> inputs) {
        if (inputs.size() != 1) {
            throw BitgrainException.badInput(data + ": the model has " + inputs.size() + " inputs ("
                    + String.join(", ", inputs.keySet()) + "), " + what + " feeds one; use an .npz file with one array per input");
        }
    }

    private static void checkShape(Samples samples, String input, List<Integer> wanted) {
        List<Integer> shape = samples.shape();
        boolean fits = shape.size() == wanted.size();
        for (int i = 0; fits && i < shape.size(); i++) {
            fits = wanted.get(i) == -1 || wanted.get(i).equals(shape.get(i));
        }
        if (!fits) {
            throw BitgrainException.badInput(samples.name() + ": samples have shape " + shape + ", input " + input
                    + " of the model takes " + wanted);
        }
    }

    private Samples keep(Samples opened) {
        open.add(opened);
        return opened;
    }

    /** What messages call the data. */
    public String name() {
        return name;
    }

    /** Number of samples. */
    public int count() {
        return samples.values().iterator().next().count();
    }

    /** Names of the inputs, in the network's order. */
    public List<String> inputs() {
        return List.copyOf(samples.keySet());
    }

    /** Shape of one sample of an input. */
    public List<Integer> shape(String input) {
        return samples.get(input).shape();
    }

    /** Elements of one sample of an input. */
    public int sampleSize(String input) {
        return samples.get(input).sampleSize();
    }

    /** Writes the preprocessed samples {@code first} to {@code first + n - 1} of an input into {@code into}, from index 0. */
    public void read(String input, int first, int n, float[] into) {
        Samples array = samples.get(input);
        maps.get(input).apply(array, array.read(first, n), n, into, 0);
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
