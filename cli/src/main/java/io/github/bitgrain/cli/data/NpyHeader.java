package io.github.bitgrain.cli.data;

import io.github.bitgrain.core.BitgrainException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an {@code .npy} file says about its array (NumPy Enhancement Proposal 1, format versions 1 to 3).
 *
 * @param type element type
 * @param shape extent of each axis, C order
 * @param dataStart where the elements begin, in bytes from the start of the file
 */
record NpyHeader(ElementType type, List<Integer> shape, int dataStart) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** Files pad their header to 64 bytes at most; one that claims more than this is broken. */
    private static final int MAX_HEADER = 1 << 16;

    /** Bytes of all elements. */
    long dataBytes() {
        long bytes = type.bytes();
        for (int extent : shape) {
            bytes *= extent;
        }
        return bytes;
    }

    /**
     * Reads a header from the start of a stream and leaves the stream at the first element.
     *
     * @throws BitgrainException (bad input) in one line that begins with {@code name}
     */
    static NpyHeader read(InputStream in, String name) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length == 0) {
            throw BitgrainException.badInput(name + ": the file is empty");
        }
        if (!Arrays.equals(start, 0, Math.min(6, start.length), MAGIC, 0, Math.min(6, start.length))) {
            throw BitgrainException.badInput(name + ": not a NumPy array file; write it with numpy.save");
        }
        if (start.length < 8) {
            throw endsInside(name);
        }
        int version = start[6];
        if (version < 1 || version > 3) {
            throw BitgrainException.badInput(name + ": NumPy file format " + version + "." + start[7]
                    + " is not known; write the file with numpy.save");
        }
        int lengthBytes = version == 1 ? 2 : 4;
        byte[] lengthField = in.readNBytes(lengthBytes);
        if (lengthField.length < lengthBytes) {
            throw endsInside(name);
        }
        ByteBuffer field = ByteBuffer.wrap(lengthField).order(ByteOrder.LITTLE_ENDIAN);
        long length = version == 1 ? field.getShort() & 0xffff : field.getInt() & 0xffffffffL;
        if (length > MAX_HEADER) {
            throw BitgrainException.badInput(name + ": the header claims " + length + " bytes; the file is broken");
        }
        byte[] text = in.readNBytes((int) length);
        if (text.length < length) {
            throw endsInside(name);
        }
        String dictionary = new String(text, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return new Parser(dictionary, name).header(8 + lengthBytes + (int) length);
    }

    /** The header that a file of version 1 begins with; the elements follow at a multiple of 64 bytes. */
    static byte[] bytes(ElementType type, List<Integer> shape) {
        String extents = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
        String dictionary = "{'descr': '" + type.descr() + "', 'fortran_order': False, 'shape': (" + extents
                + (shape.size() == 1 ? ",), }" : "), }");
        int total = (10 + dictionary.length() + 1 + 63) / 64 * 64;
        ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - 10));
        header.put(dictionary.getBytes(StandardCharsets.US_ASCII));
        header.put(" ".repeat(total - header.position() - 1).getBytes(StandardCharsets.US_ASCII));
        return header.put((byte) '\n').array();
    }

    private static BitgrainException endsInside(String name) {
        return BitgrainException.badInput(name + ": the file ends inside its header");
    }

    /** Reads the Python dictionary literal of a header: keys descr, fortran_order and shape, in any order. */
    private static final class Parser {
        private final String text;
        private final String name;
        private int at;

        Parser(String text, String name) {
            this.text = text;
            this.name = name;
        }

        NpyHeader header(int dataStart) throws IOException {
            ElementType type = null;
            Boolean fortran = null;
            List<Integer> shape = null;
            try {
                expect('{');
                while (!accept('}')) {
                    String key = string();
                    expect(':');
                    switch (key) {
                        case "descr" -> type = type();
                        case "fortran_order" -> fortran = bool();
                        case "shape" -> shape = shape();
                        default -> throw broken("unknown entry '" + key + "'");
                    }
                    if (!accept(',')) {
                        expect('}');
                        break;
                    }
                }
            } catch (EOFException e) {
                throw broken("it ends early");
            }
            if (type == null || fortran == null || shape == null) {
                throw broken("descr, fortran_order or shape is missing");
            }
            if (fortran) {
                throw BitgrainException.badInput(name
                        + ": the array is in Fortran order; save numpy.ascontiguousarray(x) instead");
            }
            return new NpyHeader(type, shape, dataStart);
        }

        private ElementType type() throws EOFException {
            if (peek() != '\'' && peek() != '"') {
                throw BitgrainException.badInput(name + ": structured arrays are not supported; save one array of "
                        + ElementType.titles());
            }
            String descr = string();
            return ElementType.of(descr).orElseThrow(() -> BitgrainException.badInput(name + ": element type '" + descr
                    + "' is not supported; convert with x.astype to one of " + ElementType.titles()));
        }

        private Boolean bool() throws EOFException {
            for (String word : List.of("True", "False")) {
                peek();
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("True");
                }
            }
            throw broken("fortran_order is neither True nor False");
        }

        private List<Integer> shape() throws EOFException {
            expect('(');
            List<Integer> extents = new ArrayList<>();
            long elements = 1;
            while (!accept(')')) {
                long extent = number();
                elements = extent != 0 && elements > Integer.MAX_VALUE * 64L / extent ? Long.MAX_VALUE : elements * extent;
                if (extent > Integer.MAX_VALUE || elements == Long.MAX_VALUE) {
                    throw broken("the shape is larger than any file");
                }
                extents.add((int) extent);
                if (!accept(',')) {
                    expect(')');
                    break;
                }
            }
            return Collections.unmodifiableList(extents);
        }

        private long number() throws EOFException {
            peek();
            int start = at;
            while (at < text.length() && Character.isDigit(text.charAt(at)) && at - start < 18) {
                at++;
            }
            if (at == start) {
                throw broken("a shape holds something other than numbers");
            }
            long value = Long.parseLong(text, start, at, 10);
            if (at < text.length() && text.charAt(at) == 'L') {
                at++; // Python 2 wrote long integers this way
            }
            return value;
        }

        private String string() throws EOFException {
            char quote = peek();
            if (quote != '\'' && quote != '"') {
                throw broken("a name is missing at character " + at);
            }
            int end = text.indexOf(quote, at + 1);
            if (end < 0) {
                throw new EOFException();
            }
            String value = text.substring(at + 1, end);
            at = end + 1;
            return value;
        }

        private boolean accept(char c) throws EOFException {
            if (peek() != c) {
                return false;
            }
            at++;
            return true;
        }

        private void expect(char c) throws EOFException {
            if (!accept(c)) {
                throw broken("'" + c + "' is missing at character " + at);
            }
        }

        private char peek() throws EOFException {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            if (at == text.length()) {
                throw new EOFException();
            }
            return text.charAt(at);
        }

        private BitgrainException broken(String why) {
            return BitgrainException.badInput(name + ": the array header is broken: " + why);
        }
    }
}
