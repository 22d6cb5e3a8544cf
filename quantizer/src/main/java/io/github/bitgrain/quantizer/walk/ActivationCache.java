package io.github.bitgrain.quantizer.walk;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Activations of every batch by name, in memory or in a memory-mapped temporary file per value. Memory spills too: beyond the
 * limit further values go to files.
 */
public final class ActivationCache implements AutoCloseable {
    /** Activations beyond this go to files: an eighth of what the virtual machine may use, as two caches exist side by side. */
    public static final long LIMIT = Runtime.getRuntime().maxMemory() / 8;

    private final boolean disk;
    private final long limit;
    private final Map<String, Map<Integer, Entry>> entries = new LinkedHashMap<>();
    private long inMemory;

    /** A tensor here, or its shape and the file that holds its elements. */
    private record Entry(Tensor tensor, Shape shape, Path file, MemorySegment mapped, Arena arena) {}

    /**
     * A cache.
     *
     * @param disk whether everything goes to files
     * @param limit bytes that may be held in memory
     */
    public ActivationCache(boolean disk, long limit) {
        this.disk = disk;
        this.limit = limit;
    }

    /** Keeps a tensor. */
    public void put(String value, int batch, Tensor tensor) {
        remove(value, batch);
        long bytes = (long) tensor.size() * Float.BYTES;
        Entry entry;
        if (!disk && inMemory + bytes <= limit) {
            inMemory += bytes;
            entry = new Entry(tensor, tensor.shape(), null, null, null);
        } else {
            entry = write(tensor, bytes);
        }
        entries.computeIfAbsent(value, key -> new LinkedHashMap<>()).put(batch, entry);
    }

    private static Entry write(Tensor tensor, long bytes) {
        Arena arena = Arena.ofShared();
        Path file = null;
        try {
            file = Files.createTempFile("bitgrain-activations", ".f32");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
                MemorySegment.copy(tensor.data(), 0, mapped, ValueLayout.JAVA_FLOAT, 0, tensor.size());
                return new Entry(null, tensor.shape(), file, mapped, arena);
            }
        } catch (IOException e) {
            arena.close();
            throw new BitgrainException(BitgrainException.Kind.CANNOT_WRITE, "activations do not fit into memory, and the temporary file "
                    + file + " cannot be written: " + e.getMessage() + "; free disk space or use fewer calibration samples", e);
        }
    }

    /** A kept tensor. */
    public Tensor get(String value, int batch) {
        Map<Integer, Entry> batches = entries.get(value);
        Entry entry = batches == null ? null : batches.get(batch);
        if (entry == null) {
            throw new IllegalStateException("value \"" + value + "\" of batch " + batch + " is not at hand");
        }
        if (entry.tensor() != null) {
            return entry.tensor();
        }
        float[] data = new float[entry.shape().size()];
        MemorySegment.copy(entry.mapped(), ValueLayout.JAVA_FLOAT, 0, data, 0, data.length);
        return new Tensor(entry.shape(), data);
    }

    /** Whether a value is in memory for every batch. */
    public boolean inMemory(String value) {
        return has(value) && entries.get(value).values().stream().allMatch(entry -> entry.tensor() != null);
    }

    /** Whether the value is kept. */
    public boolean has(String value) {
        return entries.containsKey(value);
    }

    /** Forgets a value. */
    public void drop(String value) {
        Map<Integer, Entry> batches = entries.get(value);
        if (batches != null) {
            for (int batch : java.util.List.copyOf(batches.keySet())) {
                remove(value, batch);
            }
            entries.remove(value);
        }
    }

    private void remove(String value, int batch) {
        Map<Integer, Entry> batches = entries.get(value);
        Entry entry = batches == null ? null : batches.remove(batch);
        if (entry == null) {
            return;
        }
        if (entry.tensor() != null) {
            inMemory -= (long) entry.tensor().size() * Float.BYTES;
            return;
        }
        entry.arena().close();
        try {
            Files.deleteIfExists(entry.file());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Forgets everything and removes the files. */
    @Override
    public void close() {
        java.util.List.copyOf(entries.keySet()).forEach(this::drop);
    }
}
