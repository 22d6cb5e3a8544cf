package io.github.bitgrain.cli.network;

import io.github.bitgrain.cli.data.ElementType;
import io.github.bitgrain.cli.data.NpyWriter;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.simulator.ChipBuffer;
import io.github.bitgrain.simulator.ChipNode;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Simulator;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;

/** Keeps the outputs of simulated samples: of the program, or of every node. */
public final class Recording implements Simulator.Observer {
    private final ChipProgram program;
    private final boolean everyNode;
    private final Map<String, Track> tracks = new LinkedHashMap<>();
    private int samples;

    /** What is known of one value; bytes of all samples, one after another. */
    private static final class Track {
        private String node;
        private ChipBuffer buffer;
        private List<Integer> shape = List.of();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    }

    /**
     * A recorded value; also an entry of the JSON of {@code simulate}.
     *
     * @param node node that computed it, null for a graph input that is an output too
     * @param shape shape; with several samples these are the first axis
     * @param exponent log2 of the scale, null for floats and indices
     * @param file file with the values, or null
     * @param crc32 CRC-32 (as in ZIP) of the values' bytes, little-endian, as eight hexadecimal digits
     */
    public record Output(
            String node, String name, List<Integer> shape, String dtype, Integer exponent, String file, String crc32) {}

    /**
     * @param everyNode whether outputs of all nodes are kept, in the order of execution
     */
    public Recording(ChipProgram program, boolean everyNode) {
        this.program = program;
        this.everyNode = everyNode;
        if (!everyNode) {
            program.outputs().forEach(name -> tracks.put(name, new Track()));
        }
    }

    @Override
    public void computed(ChipNode node, String value, ChipBuffer buffer) {
        if (everyNode || tracks.containsKey(value)) {
            tracks.computeIfAbsent(value, key -> new Track()).node = node.name();
            record(value, buffer);
        }
    }

    private void record(String value, ChipBuffer buffer) {
        Track track = tracks.get(value);
        List<Integer> shape = Arrays.stream(buffer.shape()).boxed().toList();
        if (samples > 0 && !shape.equals(track.shape)) {
            throw BitgrainException.badInput("output \"" + value + "\" changes its shape from sample to sample: " + track.shape
                    + ", " + shape + "; simulate one sample at a time");
        }
        track.buffer = buffer;
        track.shape = shape;
        track.bytes.writeBytes(buffer.bytes());
    }

    /** A sample has run: outputs that no node computes are taken over. */
    public void sampleDone(Simulator simulator) {
        tracks.forEach((name, track) -> {
            if (track.node == null) {
                record(name, simulator.value(name));
            }
        });
        samples++;
    }

    /**
     * Everything recorded.
     *
     * @param folder gets one {@code .npy} file for each value; null: no files
     * @throws BitgrainException (cannot write) if a file cannot be written
     */
    public List<Output> write(Path folder) {
        List<Output> outputs = new ArrayList<>();
        ValueFileNames files = new ValueFileNames();
        tracks.forEach((name, track) -> {
            byte[] bytes = track.bytes.toByteArray();
            CRC32 crc = new CRC32();
            crc.update(bytes);
            List<Integer> shape = new ArrayList<>(track.shape);
            if (samples > 1) {
                if (!shape.isEmpty() && shape.getFirst() == 1) {
                    shape.removeFirst();
                }
                shape.addFirst(samples);
            }
            String file = null;
            if (folder != null) {
                Path path = folder.resolve(files.next(name));
                ElementType type = ElementType.valueOf(track.buffer.type().name());
                WholeFile.write(path, out -> new NpyWriter(out, type, shape).write(bytes));
                file = path.toString();
            }
            boolean quantized = track.buffer.type().isQuantized();
            outputs.add(new Output(track.node, name, shape, track.buffer.type().name().toLowerCase(Locale.ROOT),
                    quantized ? track.buffer.exponent() : null, file, String.format(Locale.ROOT, "%08x", crc.getValue())));
        });
        return outputs;
    }
}
