package io.github.bitgrain.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A golden array: a whole {@code .npy} file in memory. Independent of the product's own reader on purpose.
 *
 * @param dtype NumPy's name of the element type without byte order: f4, f8, i1, i2, i4, i8, u1
 * @param shape extent of each axis
 * @param data the elements, C order, little-endian
 */
public record Npy(String dtype, int[] shape, ByteBuffer data) {
    private static final Pattern DESCR = Pattern.compile("'descr': *'([<|>=])(\\w+)'");
    private static final Pattern SHAPE = Pattern.compile("'shape': *\\(([^)]*)\\)");

    /** Reads a file; anything unexpected fails the test. */
    public static Npy read(Path file) {
        ByteBuffer bytes;
        try {
            bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new AssertionError(file + ": " + e.getMessage(), e);
        }
        int start = bytes.get(6) == 1 ? 10 + bytes.getShort(8) : 12 + bytes.getInt(8);
        String header = new String(bytes.array(), 10, start - 10, StandardCharsets.ISO_8859_1);
        Matcher descr = DESCR.matcher(header);
        Matcher shape = SHAPE.matcher(header);
        if (!descr.find() || !shape.find() || descr.group(1).equals(">") || header.contains("True")) {
            throw new AssertionError(file + ": unexpected header " + header);
        }
        int[] extents = Arrays.stream(shape.group(1).split(","))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
        return new Npy(descr.group(2), extents, bytes.slice(start, bytes.capacity() - start).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Number of elements. */
    public int size() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** All elements as float; f4 exactly. */
    public float[] floats() {
        float[] values = new float[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (dtype) {
                case "f4" -> data.getFloat(4 * i);
                case "f8" -> (float) data.getDouble(8 * i);
                default -> integer(i);
            };
        }
        return values;
    }

    /** All elements of an integer array, exactly. */
    public int[] ints() {
        int[] values = new int[size()];
        Arrays.setAll(values, i -> Math.toIntExact(integer(i)));
        return values;
    }

    private long integer(int i) {
        return switch (dtype) {
            case "i1" -> data.get(i);
            case "u1" -> data.get(i) & 0xff;
            case "i2" -> data.getShort(2 * i);
            case "i4" -> data.getInt(4 * i);
            case "i8" -> data.getLong(8 * i);
            default -> throw new AssertionError("not an integer array: " + dtype);
        };
    }
}
