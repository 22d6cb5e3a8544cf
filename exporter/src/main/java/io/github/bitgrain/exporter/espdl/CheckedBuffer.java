package io.github.bitgrain.exporter.espdl;

import com.google.flatbuffers.Table;
import io.github.bitgrain.core.BitgrainException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Read access to one FlatBuffer that believes nothing: every table, vtable, vector and string is checked against the end
 * of the buffer before it is touched.
 *
 * <p>Offsets may point anywhere, also to a place that was read before, so a small file can describe an enormous tree
 * (a vector of a million offsets to one table that holds such a vector again). A budget proportional to the size of the
 * file ends that: a real file, which shares little more than value infos and vtables, stays far below it.
 */
final class CheckedBuffer {

    /** How often, on average, a byte of the file may be decoded; files of known writers need less than 3. */
    private static final long BYTES_DECODED_PER_BYTE = 8;

    private static final long SMALL_FILE_ALLOWANCE = 1 << 16;
    private static final int SMALLEST_VTABLE = 4;

    private final String file;
    private final ByteBuffer bytes;
    private final int offsetInFile;
    private final boolean decrypted;
    private long budget;

    /**
     * Wraps a FlatBuffer.
     *
     * @param file name for error messages
     * @param bytes the buffer from position to limit
     * @param offsetInFile where the buffer starts in the file, for error messages
     * @param decrypted whether a wrong key may be the reason of whatever is wrong
     */
    CheckedBuffer(String file, ByteBuffer bytes, int offsetInFile, boolean decrypted) {
        this.file = file;
        this.decrypted = decrypted;
        this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.offsetInFile = offsetInFile;
        this.budget = SMALL_FILE_ALLOWANCE + BYTES_DECODED_PER_BYTE * bytes.remaining();
    }

    /** The error for something wrong at a position of the buffer: one line with file and file offset. */
    BitgrainException error(long position, String reason) {
        return new BitgrainException(BitgrainException.Kind.BAD_INPUT,
                file + ": byte " + (offsetInFile + position) + ": " + reason + (decrypted ? "; is the key right?" : ""));
    }

    /** The root table. */
    View root() {
        require(0, Integer.BYTES, "the FlatBuffer's root offset");
        return table(Integer.toUnsignedLong(bytes.getInt(0)), 0, "Model");
    }

    private void require(long position, long size, String what) {
        if (position < 0 || size < 0 || position > bytes.limit() - size) {
            throw error(Math.clamp(position, 0, bytes.limit()), what + " reaches past the end of the file");
        }
    }

    private void charge(long position, long size) {
        budget -= size;
        if (budget < 0) {
            throw error(position, "refers to the same data over and over; this is no model file");
        }
    }

    private View table(long position, long referrer, String what) {
        require(position, Integer.BYTES, "table " + what + " (referred to at byte " + (offsetInFile + referrer) + ")");
        long vtable = position - bytes.getInt((int) position);
        require(vtable, SMALLEST_VTABLE, "the field list of table " + what);
        int vtableSize = Short.toUnsignedInt(bytes.getShort((int) vtable));
        if (vtableSize < SMALLEST_VTABLE || vtableSize % Short.BYTES != 0) {
            throw error(vtable, "the field list of table " + what + " has the impossible size " + vtableSize);
        }
        require(vtable, vtableSize, "the field list of table " + what);
        int size = Short.toUnsignedInt(bytes.getShort((int) vtable + Short.BYTES));
        if (size < Integer.BYTES) {
            throw error(vtable, "table " + what + " has the impossible size " + size);
        }
        require(position, size, "table " + what);
        charge(position, size);
        return new View((int) position, size, what);
    }

    /** A vector whose elements are known to lie inside the buffer. */
    record Vector(int start, int count) {
        static final Vector EMPTY = new Vector(0, 0);
    }

    /** A table whose vtable and extent are known to lie inside the buffer. */
    final class View extends Table {
        private final int size;
        private final String what;

        private View(int position, int size, String what) {
            this.size = size;
            this.what = what;
            __reset(position, bytes);
        }

        int position() {
            return bb_pos;
        }

        /** The error for a wrong content of this table. */
        BitgrainException wrong(String reason) {
            return error(bb_pos, reason);
        }

        boolean has(int slot) {
            return __offset(Integer.BYTES + Short.BYTES * slot) != 0;
        }

        private int field(int slot, int bytesNeeded) {
            int offset = __offset(Integer.BYTES + Short.BYTES * slot);
            if (offset != 0 && (offset < Integer.BYTES || offset > size - bytesNeeded)) {
                throw wrong("field " + slot + " of table " + what + " lies outside the table");
            }
            return offset == 0 ? 0 : bb_pos + offset;
        }

        int byteAt(int slot) {
            int at = field(slot, Byte.BYTES);
            return at == 0 ? 0 : bb.get(at);
        }

        int intAt(int slot) {
            int at = field(slot, Integer.BYTES);
            return at == 0 ? 0 : bb.getInt(at);
        }

        long longAt(int slot) {
            int at = field(slot, Long.BYTES);
            return at == 0 ? 0 : bb.getLong(at);
        }

        float floatAt(int slot) {
            int at = field(slot, Float.BYTES);
            return at == 0 ? 0 : bb.getFloat(at);
        }

        /** The table that a field refers to. */
        View tableAt(int slot, String name) {
            int at = field(slot, Integer.BYTES);
            if (at == 0) {
                throw wrong(what + " has no " + name);
            }
            return follow(at, name);
        }

        /** The string in a field, empty if there is none. */
        String stringAt(int slot) {
            int at = field(slot, Integer.BYTES);
            return at == 0 ? "" : string(at);
        }

        /** The vector in a field, empty if there is none. */
        Vector vectorAt(int slot, int elementBytes) {
            int at = field(slot, Integer.BYTES);
            return at == 0 ? Vector.EMPTY : vector(at, elementBytes);
        }

        View[] tablesAt(int slot, String name) {
            Vector vector = vectorAt(slot, Integer.BYTES);
            View[] tables = new View[vector.count];
            for (int i = 0; i < tables.length; i++) {
                tables[i] = follow(vector.start + Integer.BYTES * i, name);
            }
            return tables;
        }

        String[] stringsAt(int slot) {
            Vector vector = vectorAt(slot, Integer.BYTES);
            String[] strings = new String[vector.count];
            for (int i = 0; i < strings.length; i++) {
                strings[i] = string(vector.start + Integer.BYTES * i);
            }
            return strings;
        }

        long[] longsAt(int slot) {
            Vector vector = vectorAt(slot, Long.BYTES);
            long[] values = new long[vector.count];
            for (int i = 0; i < values.length; i++) {
                values[i] = bb.getLong(vector.start + Long.BYTES * i);
            }
            return values;
        }

        float[] floatsAt(int slot) {
            Vector vector = vectorAt(slot, Float.BYTES);
            float[] values = new float[vector.count];
            for (int i = 0; i < values.length; i++) {
                values[i] = bb.getFloat(vector.start + Float.BYTES * i);
            }
            return values;
        }

        /** Copies the first bytes of a vector's content. */
        byte[] bytesOf(Vector vector, int length) {
            byte[] copy = new byte[length];
            bb.get(vector.start, copy);
            return copy;
        }

        /** The text in a vector of bytes. */
        String textAt(int slot) {
            Vector vector = vectorAt(slot, Byte.BYTES);
            return decode(vector.start, vector.count);
        }

        private View follow(int at, String name) {
            return table(at + Integer.toUnsignedLong(bb.getInt(at)), at, name);
        }

        private Vector vector(int at, int elementBytes) {
            long start = at + Integer.toUnsignedLong(bb.getInt(at));
            require(start, Integer.BYTES, "a vector of table " + what);
            long count = Integer.toUnsignedLong(bb.getInt((int) start));
            long length = count * elementBytes;
            require(start + Integer.BYTES, length, "a vector of " + count + " elements of table " + what);
            charge(start, Integer.BYTES + length);
            return new Vector((int) start + Integer.BYTES, (int) count);
        }

        private String string(int at) {
            Vector vector = vector(at, Byte.BYTES);
            return decode(vector.start, vector.count);
        }

        private String decode(int start, int length) {
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(bb.slice(start, length)).toString();
            } catch (CharacterCodingException e) {
                throw error(start, "a string of table " + what + " is not UTF-8");
            }
        }
    }
}
