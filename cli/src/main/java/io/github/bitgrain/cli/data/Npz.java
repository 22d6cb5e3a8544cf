package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** An {@code .npz} file: several named arrays in one ZIP file, stored or compressed. */
final class Npz implements AutoCloseable {
    private static final String SUFFIX = ".npy";

    private final ZipFile zip;
    private final Map<String, Samples> arrays = new LinkedHashMap<>();

    private Npz(Path file) throws IOException {
        zip = new ZipFile(file.toFile());
        try {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                if (!entry.getName().endsWith(SUFFIX)) {
                    throw BitgrainException.badInput(
                            file + ": entry " + entry.getName() + " is not an array; write the file with numpy.savez");
                }
                String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
                arrays.put(name, new NpySamples(file + "[" + name + "]", entry.getSize(), skip -> {
                    InputStream in = zip.getInputStream(entry);
                    in.skipNBytes(skip);
                    return in;
                }));
            }
            if (arrays.isEmpty()) {
                throw BitgrainException.badInput(file + ": holds no arrays");
            }
        } catch (RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /**
     * Opens a file.
     *
     * @throws BitgrainException (bad input) if it is not a ZIP file of arrays
     */
    static Npz of(Path file) {
        try {
            return new Npz(file);
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": not an .npz file: " + e.getMessage());
        }
    }

    /** The arrays by name, in the file's order. */
    Map<String, Samples> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    @Override
    public void close() {
        List.copyOf(arrays.values()).forEach(Samples::close);
        try {
            zip.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
