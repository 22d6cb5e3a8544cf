package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A stored state of a training run. The file ends in a check sum and is written whole or not at all: to a temporary file, which reaches
 * the disk before it takes the name.
 *
 * @param epochs number of epochs done
 * @param fingerprint settings of the run
 * @param history results of the epochs done
 * @param manifest how the network is quantized, by place
 * @param state tensors of the network
 * @param optimizer what the optimizer remembers
 * @param average averages over time; empty without
 * @param best tensors of the network at its best; empty without validation
 */
record Checkpoint(int epochs, String fingerprint, List<EpochResult> history, Map<String, String> manifest, Map<String, float[]> state,
        Map<String, float[]> optimizer, Map<String, float[]> average, Map<String, float[]> best) {
    private static final long MAGIC = 0x424954475241494eL;
    private static final int VERSION = 1;
    private static final int PARTS = 4;
    private static final String TEMPORARY = ".checkpoint";
    private static final String TEMPORARY_END = ".tmp";
    private static final int MOST_ENTRIES = 1 << 20;

    void write(Path file) {
        try {
            byte[] content = bytes();
            CRC32 check = new CRC32();
            check.update(content);
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            Path temporary = Files.createTempFile(folder, TEMPORARY, TEMPORARY_END);
            try {
                try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    writeAll(out, ByteBuffer.wrap(content));
                    writeAll(out, ByteBuffer.allocate(Long.BYTES).putLong(0, check.getValue()));
                    // The move must not reach the disk before the content.
                    out.force(true);
                }
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                forceFolder(folder);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new BitgrainException(BitgrainException.Kind.CANNOT_WRITE, file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Makes the move itself last; where folders cannot be opened, as on Windows, the system does that. */
    private static void forceFolder(Path folder) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(folder, StandardOpenOption.READ);
        } catch (java.nio.file.AccessDeniedException e) {
            return;
        }
        try (channel) {
            channel.force(true);
        }
    }

    /** Takes away what runs that were killed while writing left in a folder. */
    static void deleteTemporaries(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, TEMPORARY + "*" + TEMPORARY_END)) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new BitgrainException(BitgrainException.Kind.CANNOT_WRITE, folder + ": what an earlier run left cannot be deleted: " + e.getMessage(), e);
        }
    }

    private byte[] bytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(MAGIC);
        out.writeInt(VERSION);
        out.writeInt(epochs);
        out.writeUTF(fingerprint);
        out.writeInt(history.size());
        for (EpochResult result : history) {
            out.writeInt(result.epoch());
            out.writeDouble(result.trainLoss());
            out.writeDouble(result.rate());
            out.writeDouble(result.validLoss());
            out.writeDouble(result.score());
            out.writeBoolean(result.best());
        }
        out.writeInt(manifest.size());
        for (Map.Entry<String, String> entry : manifest.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeUTF(entry.getValue());
        }
        for (Map<String, float[]> tensors : List.of(state, optimizer, average, best)) {
            out.writeInt(tensors.size());
            for (Map.Entry<String, float[]> entry : tensors.entrySet()) {
                out.writeUTF(entry.getKey());
                out.writeInt(entry.getValue().length);
                for (float value : entry.getValue()) {
                    out.writeFloat(value);
                }
            }
        }
        return bytes.toByteArray();
    }

    /**
     * Reads a file.
     *
     * @throws BitgrainException (bad input) when it is none, incomplete or damaged
     */
    static Checkpoint read(Path file) {
        try {
            byte[] all = Files.readAllBytes(file);
            if (all.length < 2 * Long.BYTES) {
                throw BitgrainException.badInput(file + ": is no checkpoint or is cut short");
            }
            int length = all.length - Long.BYTES;
            CRC32 check = new CRC32();
            check.update(all, 0, length);
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(all));
            if (in.readLong() != MAGIC) {
                throw BitgrainException.badInput(file + ": is no checkpoint");
            }
            if (check.getValue() != new DataInputStream(new ByteArrayInputStream(all, length, Long.BYTES)).readLong()) {
                throw BitgrainException.badInput(file + ": is damaged or cut short (its check sum differs); delete it to begin again");
            }
            int version = in.readInt();
            if (version != VERSION) {
                throw BitgrainException.badInput(file + ": has version " + version + "; this program reads version " + VERSION);
            }
            return read(in);
        } catch (NoSuchFileException e) {
            throw BitgrainException.badInput(file + ": no such file");
        } catch (EOFException e) {
            throw BitgrainException.badInput(file + ": is damaged: it ends too early");
        } catch (IOException e) {
            throw BitgrainException.badInput(file + ": cannot be read: " + e.getMessage());
        }
    }

    private static Checkpoint read(DataInputStream in) throws IOException {
        int epochs = in.readInt();
        String fingerprint = in.readUTF();
        List<EpochResult> history = new ArrayList<>();
        int results = count(in);
        for (int i = 0; i < results; i++) {
            history.add(new EpochResult(in.readInt(), in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble(), in.readBoolean()));
        }
        Map<String, String> manifest = new LinkedHashMap<>();
        int places = count(in);
        for (int i = 0; i < places; i++) {
            manifest.put(in.readUTF(), in.readUTF());
        }
        List<Map<String, float[]>> tensors = new ArrayList<>();
        for (int part = 0; part < PARTS; part++) {
            Map<String, float[]> map = new LinkedHashMap<>();
            int entries = count(in);
            for (int i = 0; i < entries; i++) {
                String name = in.readUTF();
                int size = in.readInt();
                if (size < 0 || size > in.available() / Float.BYTES) {
                    throw new EOFException();
                }
                float[] values = new float[size];
                for (int k = 0; k < size; k++) {
                    values[k] = in.readFloat();
                }
                map.put(name, values);
            }
            tensors.add(map);
        }
        return new Checkpoint(epochs, fingerprint, history, manifest, tensors.get(0), tensors.get(1), tensors.get(2), tensors.get(3));
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MOST_ENTRIES) {
            throw new EOFException();
        }
        return count;
    }

    /** Copies stored values into live ones of the same names and sizes. */
    static void restore(Path file, String what, Map<String, float[]> stored, Map<String, float[]> live) {
        if (!stored.keySet().equals(live.keySet())) {
            throw BitgrainException.badInput(file + ": holds another " + what + ": "
                    + stored.keySet().stream().filter(name -> !live.containsKey(name)).findFirst().map(name -> "\"" + name + "\" is unknown here")
                            .orElseGet(() -> "\"" + live.keySet().stream().filter(name -> !stored.containsKey(name)).findFirst().orElse("") + "\" is missing"));
        }
        stored.forEach((name, values) -> {
            float[] into = live.get(name);
            if (into.length != values.length) {
                throw BitgrainException.badInput(file + ": \"" + name + "\" has " + values.length + " elements, here " + into.length);
            }
            System.arraycopy(values, 0, into, 0, values.length);
        });
    }
}
