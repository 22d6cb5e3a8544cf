package io.github.bitgrain.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where the structure of a sound {@code .espdl} file lies: every offset, vtable word, length and number, found by walking the
 * FlatBuffer along the schema.
 */
final class EspdlSites {
    /** What stands at a place. */
    enum Kind {
        /** Offset (32 bits, relative) to a table, vector or string. */
        OFFSET,
        /** Signed distance from a table to its vtable. */
        VTABLE_DISTANCE,
        /** A 16-bit word of a vtable: its size, the table's size, or a field's place. */
        VTABLE_WORD,
        /** Number of elements of a vector or string. */
        LENGTH,
        /** An extent of a tensor or value. */
        DIMENSION,
        /** A quantization exponent. */
        EXPONENT,
        /** An integer of an attribute. */
        INTEGER,
        /** A real of an attribute. */
        REAL,
        /** A 32-bit or 8-bit code: element type, attribute kind, union tag. */
        CODE,
        /** A byte of a text. */
        TEXT,
        /** Sixteen bytes of tensor data. */
        DATA,
        /** A word of the container's header. */
        HEADER
    }

    private static final int HEADER = 16;
    private static final String I32 = "i32";
    private static final String I8 = "i8";

    /** Table → slot → type: {@code i8 i32 i64:KIND f32 str}, a table's name, or a vector of one of these in brackets. */
    private static final Map<String, Map<Integer, String>> SCHEMA = Map.ofEntries(
            Map.entry("Model", Map.of(0, I32, 5, "i64:INTEGER", 7, "Graph", 8, "[Entry]")),
            Map.entry("Graph", Map.of(0, "[Node]", 1, "str", 2, "[Tensor]", 4, "[ValueInfo]", 5, "[ValueInfo]", 6, "[ValueInfo]",
                    8, "[Tensor]", 9, "[Tensor]")),
            Map.entry("Node", Map.of(0, "[str]", 1, "[str]", 2, "str", 3, "str", 4, "str", 5, "[Attribute]")),
            Map.entry("Attribute", Map.of(0, "str", 3, I32, 4, "f32", 5, "i64:INTEGER", 6, "str", 7, "Tensor", 10, "[f32]",
                    11, "[i64:INTEGER]", 12, "[str]")),
            Map.entry("Tensor", Map.of(0, "[i64:DIMENSION]", 1, I32, 6, "str", 7, "str", 8, "[raw]", 13, "[i64:EXPONENT]")),
            Map.entry("ValueInfo", Map.of(0, "str", 1, "TypeInfo", 3, "[i64:EXPONENT]")),
            Map.entry("TypeInfo", Map.of(0, I8, 1, "TensorType")),
            Map.entry("TensorType", Map.of(0, I32, 1, "Shape")),
            Map.entry("Shape", Map.of(0, "[Dimension]")),
            Map.entry("Dimension", Map.of(0, "DimensionValue")),
            Map.entry("DimensionValue", Map.of(0, I8, 1, "i64:DIMENSION")),
            Map.entry("Entry", Map.of(0, "str", 1, "str")));

    private final ByteBuffer bytes;
    private final Map<Kind, List<Integer>> sites = new EnumMap<>(Kind.class);
    private final Set<Integer> seen = new HashSet<>();

    private EspdlSites(byte[] file) {
        bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < HEADER; at += Integer.BYTES) {
            add(Kind.HEADER, at);
        }
        reference(HEADER, "Model");
    }

    /** The sites of a file by kind; kinds that do not occur are missing. */
    static Map<Kind, List<Integer>> of(byte[] file) {
        return new EspdlSites(file).sites;
    }

    private void add(Kind kind, int at) {
        sites.computeIfAbsent(kind, key -> new ArrayList<>()).add(at);
    }

    private void reference(int at, String type) {
        add(Kind.OFFSET, at);
        int target = at + bytes.getInt(at);
        if (!seen.add(target)) {
            return;
        }
        if (type.equals("str")) {
            vector(target, "text");
        } else if (type.startsWith("[")) {
            vector(target, type.substring(1, type.length() - 1));
        } else {
            table(target, SCHEMA.get(type));
        }
    }

    private void table(int at, Map<Integer, String> fields) {
        add(Kind.VTABLE_DISTANCE, at);
        int vtable = at - bytes.getInt(at);
        int size = bytes.getShort(vtable);
        if (seen.add(-vtable)) {
            for (int word = 0; word < size; word += Short.BYTES) {
                add(Kind.VTABLE_WORD, vtable + word);
            }
        }
        // In the order of the slots: sites that stand in another order in every run would be other cases in every run.
        new TreeMap<>(fields).forEach((slot, type) -> {
            int entry = 4 + 2 * slot;
            int field = entry < size ? bytes.getShort(vtable + entry) : 0;
            if (field != 0) {
                element(at + field, type);
            }
        });
    }

    private void element(int at, String type) {
        switch (type) {
            case "i8", "i32" -> add(Kind.CODE, at);
            case "f32" -> add(Kind.REAL, at);
            case "raw" -> add(Kind.DATA, at);
            case "text" -> add(Kind.TEXT, at);
            default -> {
                if (type.startsWith("i64:")) {
                    add(Kind.valueOf(type.substring(4)), at);
                } else {
                    reference(at, type);
                }
            }
        }
    }

    private void vector(int at, String type) {
        add(Kind.LENGTH, at);
        int width = switch (type) {
            case "text" -> 1;
            case "raw" -> 16;
            default -> type.startsWith("i64:") ? Long.BYTES : Integer.BYTES;
        };
        for (int i = 0; i < bytes.getInt(at); i++) {
            element(at + Integer.BYTES + i * width, type);
        }
    }
}
