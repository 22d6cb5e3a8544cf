package io.github.bitgrain.exporter.espdl;

import com.google.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The parts of a FlatBuffer that all tables are made of. A FlatBuffer grows from its end to its start: what is created
 * first lies last, and vectors are filled from their last element.
 */
final class ModelBuilder {
    private final FlatBufferBuilder builder;

    ModelBuilder(int expectedBytes) {
        builder = new FlatBufferBuilder(expectedBytes);
    }

    int string(String text) {
        return builder.createString(text);
    }

    int bytes(byte[] values) {
        return builder.createByteVector(values);
    }

    int text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    int offsets(int[] offsets) {
        return builder.createVectorOfTables(offsets);
    }

    int strings(List<String> texts) {
        return offsets(texts.stream().mapToInt(this::string).toArray());
    }

    int longs(long... values) {
        builder.startVector(Long.BYTES, values.length, Long.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addLong(values[i]);
        }
        return builder.endVector();
    }

    int floats(List<Float> values) {
        builder.startVector(Float.BYTES, values.size(), Float.BYTES);
        for (int i = values.size() - 1; i >= 0; i--) {
            builder.addFloat(values.get(i));
        }
        return builder.endVector();
    }

    /** Raw tensor data: blocks of 16 bytes at a multiple of 16, the last one filled up with zeros. */
    int blocks(ByteBuffer data) {
        int block = EspdlSchema.Tensor.RAW_BLOCK;
        int count = Math.ceilDiv(data.remaining(), block);
        ByteBuffer vector = builder.createUnintializedVector(block, count, block);
        vector.put(data);
        while (vector.hasRemaining()) {
            vector.put((byte) 0);
        }
        return builder.endVector();
    }

    /** Starts a table; its strings, vectors and sub-tables must exist already. */
    ModelBuilder table(int fields) {
        builder.startTable(fields);
        return this;
    }

    ModelBuilder offset(int slot, int offset) {
        builder.addOffset(slot, offset, 0);
        return this;
    }

    ModelBuilder byteField(int slot, int value) {
        builder.addByte(slot, (byte) value, 0);
        return this;
    }

    ModelBuilder intField(int slot, int value) {
        builder.addInt(slot, value, 0);
        return this;
    }

    ModelBuilder longField(int slot, long value) {
        builder.addLong(slot, value, 0);
        return this;
    }

    /** A struct of one float, which is stored even when 0. */
    ModelBuilder floatStruct(int slot, float value) {
        builder.prep(Float.BYTES, Float.BYTES);
        builder.putFloat(value);
        builder.addStruct(slot, builder.offset(), 0);
        return this;
    }

    /** A struct of one long, which is stored even when 0. */
    ModelBuilder longStruct(int slot, long value) {
        builder.prep(Long.BYTES, Long.BYTES);
        builder.putLong(value);
        builder.addStruct(slot, builder.offset(), 0);
        return this;
    }

    int end() {
        return builder.endTable();
    }

    ByteBuffer finish(int root) {
        builder.finish(root);
        return builder.dataBuffer();
    }
}
